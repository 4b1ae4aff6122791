import { allow, deny, ignore } from "../../core/reasons.ts";
import { utf8Text } from "../../core/text.ts";
import type { Credentials, Decision, Identity, Reason } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { defineBackend } from "../define-backend.ts";
import { parseAclClaim } from "../jwt/acl-claim.ts";
import { checkClaims } from "../jwt/claims.ts";
import { keysOf } from "../jwt/keys.ts";
import { JWT_SCHEMA, type JwtSettings } from "../jwt/settings.ts";
import { EVERY_ALGORITHM, isSignedBy, type TokenKey } from "../jwt/signature.ts";
import { parseToken, type Token } from "../jwt/token.ts";
import { fillTemplate, parseTemplate, placeholderValues } from "../placeholders.ts";
import { isSuperuserValue } from "../superuser.ts";

const NAME = "jwt";

/**
 * Clients whose password is a signed token (JWT) that names them. What is no token, or is signed by nobody known here,
 * may be for the next; a token that was signed for something else is a no.
 */
export const jwt = defineBackend<JwtSettings>({
  type: NAME,
  schema: JWT_SCHEMA,
  create(settings, context) {
    const keys = keysOf(settings, context);
    const { algorithms = EVERY_ALGORITHM } = settings;
    const judge = judgeOf(settings, context);
    return {
      name: NAME,

      authenticate(credentials, signal) {
        const { username, password } = credentials;
        if (username === null) return ignore(NAME, { kind: "no_credentials", sentence: "sent no user name" });
        const token = tokenIn(password);
        if (token === null) return ignore(NAME, says("unknown_user", `${username} sent no token`));
        if (!algorithms.includes(token.algorithm)) return ignore(NAME, notSigned(username));
        const decide = (known: readonly TokenKey[]): Decision<Identity> =>
          known.some((key) => isSignedBy(token, key)) ? judge(credentials, token) : ignore(NAME, notSigned(username));
        const known = keys.find(token.keyId, signal);
        return known instanceof Promise ? known.then(decide) : decide(known);
      },

      recheck: ({ proof }) =>
        proof === proofOf(settings, context)
          ? allow(NAME, undefined)
          : deny(NAME, says("not_allowed", "has to log in anew: tokens are checked in another way now")),

      close: async () => keys.close(),
    };
  },
});

/** Decides about a token whose signature is right. */
function judgeOf(
  settings: JwtSettings,
  context: BackendContext,
): (credentials: Credentials, token: Token) => Decision<Identity> {
  const { username_claim: nameClaim = "sub", acl_claim_name: aclClaim = "acl", leeway = 0 } = settings;
  const proof = proofOf(settings, context);
  const demands = Object.entries(settings.verify_claims ?? {}).map(
    ([name, text]) => [name, parseTemplate(text, ["username", "clientid"])] as const,
  );
  return (credentials, { claims }) => {
    const { clientId, username } = credentials;
    const refuse = (what: string): Decision<Identity> =>
      deny(NAME, says("wrong_password", `the token of user ${username} ${what}`));
    const values = placeholderValues(credentials);
    const expected = new Map(demands.map(([name, text]) => [name, fillTemplate(text, values, (value) => value)]));
    const check = checkClaims(claims, { expected, leewayMs: leeway * 1000, nowMs: context.now() });
    if ("fault" in check) return refuse(check.fault);
    // a token is nobody's but its owner's: without this any of them would open every name
    if (!Object.hasOwn(claims, nameClaim)) return refuse(`does not name its user (claim "${nameClaim}")`);
    if (claims[nameClaim] !== username) return refuse(`is that of another user (claim "${nameClaim}")`);
    const acl = Object.hasOwn(claims, aclClaim) ? parseAclClaim(claims[aclClaim]) : { rules: null };
    if ("fault" in acl) return refuse(`cannot be used: its claim "${aclClaim}" ${acl.fault}`);
    const { expiresAtMs } = check;
    const superuser = isSuperuserValue(claims["is_superuser"]);
    return allow(NAME, { clientId, username, superuser, source: NAME, proof, rules: acl.rules, expiresAtMs });
  };
}

function proofOf(settings: JwtSettings, { digest }: BackendContext): string {
  return digest(JSON.stringify([NAME, settings]));
}

function tokenIn(password: Uint8Array | null): Token | null {
  const text = password === null ? null : utf8Text(password);
  return text === null ? null : parseToken(text);
}

function notSigned(username: string): Reason {
  return says("unknown_user", `the token of user ${username} is not signed with a key that is known here`);
}

function says(kind: Reason["kind"], sentence: string): Reason {
  return { kind, sentence };
}
