import { expect } from "vitest";
import { parseAclFile } from "../../src/acl/formats/acl-file.ts";
import { compilePolicy } from "../../src/acl/policy.ts";
import type { Access, AccessRule, Identity } from "../../src/core/types.ts";

/** Parses an ACL file that must have no error. */
export function rulesOf(text: string): readonly AccessRule[] {
  const { rules, problems } = parseAclFile(text, "accesscontrollist", "Nobody may use any topic.");
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(rules).not.toBeNull();
  return rules ?? [];
}

/** What one client may do under an ACL file; anonymous, with the client id "cid", where nothing else is said. */
export function accessOf(text: string, client: Partial<Identity> = {}): Access {
  return compilePolicy({ rules: rulesOf(text), anonymous: null }).for(identity(client));
}

export function identity(client: Partial<Identity> = {}): Identity {
  return { clientId: "cid", username: null, superuser: false, source: "test", proof: null, ...client };
}
