import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readMoment } from "../../src/cli/moment.ts";
import { sentence } from "../../src/core/problem.ts";
import { parseAuthFile } from "../../src/settings/auth-file.ts";
import { makePair } from "../helpers/certificates.ts";
import { layOut, save } from "../helpers/culex.ts";
import { textOf } from "./files.ts";

const BLOCK = /^( *)```(\w+)\n([^]*?)^ *```/gm;

/** Each example of DOCS.md, without the blanks before its lines. */
const examples = [...textOf("DOCS.md").matchAll(BLOCK)].map(([, blanks = "", , text = ""]) =>
  text.replaceAll(new RegExp(`^${blanks}`, "gm"), ""),
);

/** The example with this text in it: there is one. */
function exampleWith(part: string): string {
  const [found, ...more] = examples.filter((text) => text.includes(part));
  expect([part, found === undefined, more]).toEqual([part, false, []]);
  return found ?? "";
}

/** What examples name in /ssl, by file. */
let certificates: Readonly<Record<string, string>> = {};
beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), "culex-"));
  const ca = makePair(folder, { name: "ca", commonName: "The house" });
  const { cert, key } = makePair(folder, { name: "own", commonName: "localhost", issuer: ca });
  certificates = { "fullchain.pem": cert, "privkey.pem": key, "clients-ca.pem": ca.cert };
  rmSync(folder, { recursive: true });
});

/** What is said of an app with these files in `/share/mosquitto`, and the certificates that examples name. */
async function saidOf(options: string, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folders = layOut({ "data/options.yaml": options });
  for (const [name, text] of Object.entries(certificates)) save(join(folders.ssl, name), text);
  mkdirSync(join(folders.share, "mosquitto"));
  for (const [name, text] of Object.entries(files)) save(join(folders.share, "mosquitto", name), text);
  const { snapshot, close } = await readMoment({
    confFile: null,
    optionsFile: join(folders.data, "options.yaml"),
    ...folders,
  });
  await close();
  return snapshot.problems.map(sentence);
}

const CUSTOM = JSON.stringify({ anonymous: true, customize: { active: true, folder: "mosquitto" } });

describe("an example of DOCS.md", () => {
  it("of options is understood, but for the hash that it leaves out", async () => {
    expect(await saidOf(exampleWith("password_pre_hashed: true"), {})).toEqual([
      expect.stringMatching(/^logins: the password of "meter" is marked as hashed but is not a hash/),
    ]);
    expect(await saidOf(exampleWith("persistent_client_expiration: 14d"), {})).toEqual([]);
  });

  it.each(["use_identity_as_username true", "enable_proxy_protocol 2", "connection cabin"])(
    "of a conf file is understood without a word: %s",
    async (part) => {
      expect(await saidOf(CUSTOM, { "a.conf": exampleWith(part) })).toEqual([]);
    },
  );

  it("of an ACL file is understood, and says of whom its first lines are", async () => {
    const files = {
      "acl.conf": exampleWith("acl_file /share/mosquitto/accesscontrollist"),
      accesscontrollist: exampleWith("pattern readwrite devices/%u/#"),
    };
    expect(await saidOf(CUSTOM, files)).toEqual([
      expect.stringMatching(/^accesscontrollist line 2: this rule stands before the first "user" line/),
    ]);
  });

  it("of an acl.conf is understood without a word", async () => {
    const files = {
      "a.conf": exampleWith("acl_file acl.conf"),
      "acl.conf": exampleWith('{allow, {user, "dashboard"}'),
    };
    expect(await saidOf(CUSTOM, files)).toEqual([]);
  });

  it("of an auth.yaml is understood without a word", () => {
    const { value, problems } = parseAuthFile(exampleWith("stages:"), "auth.yaml", () => null, "Nothing.");
    expect([value?.stages.map(({ terms }) => terms.id), problems]).toEqual([
      ["home-assistant", "logins", "garage", "anonymous"],
      [],
    ]);
  });
});
