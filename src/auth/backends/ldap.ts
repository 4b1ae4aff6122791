import type { JSONSchemaType } from "ajv";
import { BackendError } from "../../core/errors.ts";
import { allow, deny, ignore } from "../../core/reasons.ts";
import { utf8Text } from "../../core/text.ts";
import type { AccessRule, Authenticator, Credentials, Decision, Deny, Identity, Ignore } from "../../core/types.ts";
import type { BackendContext } from "../backend.ts";
import { defineBackend } from "../define-backend.ts";
import { matchPassword, parseHashAlgorithm } from "../hash-algorithm.ts";
import { createDirectories, type Directory, type DirectorySettings, type Found } from "../ldap/directory.ts";
import { escapeDn, escapeFilter } from "../ldap/escape.ts";
import { matchesScheme } from "../ldap/password-scheme.ts";
import {
  fillTemplate,
  parseTemplate,
  type PlaceholderName,
  placeholderValues,
  type PlaceholderValues,
} from "../placeholders.ts";
import { addTopics, ALL, PUBLISH, SUBSCRIBE } from "../reply-rules.ts";
import { isSuperuserValue } from "../superuser.ts";
import { TLS_SCHEMA } from "../tls.ts";

interface Settings extends DirectorySettings {
  /** The name of a user's entry, "uid=%u,ou=People,dc=example,dc=com": the client's password is tried on it at once. */
  readonly user?: string;
  /** Or where to search for it, with `filter`. */
  readonly base?: string;
  /** Missing: "sub". */
  readonly scope?: "base" | "one" | "sub";
  /** Missing: "(uid=${username})". */
  readonly filter?: string;
  /** Who searches. Missing: nobody, where the directory lets everybody search. */
  readonly bind?: { readonly dn: string; readonly password: string };
  /** The attribute with the password's hash. Missing: the password is tried on the entry. */
  readonly password?: string;
  /** What a hash without a scheme in braces is, as EMQ writes it: "sha256". Missing: "encoded". */
  readonly hash?: string;
  readonly attributes?: Attributes;
}

/** What is read of an entry. */
interface Attributes {
  /** Must be the user name to the letter. Missing: "uid". */
  readonly username?: string;
  /** Missing: there are no superusers. */
  readonly superuser?: string;
  /** FALSE in it shuts a user out. Missing: "isEnabled". */
  readonly enabled?: string;
  /** Topics that may be published to, subscribed to, and both. Missing: none are read. */
  readonly publish?: string;
  readonly subscribe?: string;
  readonly all?: string;
}

const NAME = "ldap";
const CLIENT: readonly PlaceholderName[] = ["username", "clientid", "peerhost", "cert_common_name", "cert_subject"];
const OPTIONAL_TEXT = { type: "string", nullable: true, minLength: 1 } as const;

/** The settings that a stage may have. */
export const LDAP_SCHEMA: JSONSchemaType<Settings> = {
  type: "object",
  required: ["url"],
  additionalProperties: false,
  properties: {
    url: { type: "string" },
    starttls: { type: "boolean", nullable: true },
    tls: TLS_SCHEMA,
    pool: { type: "integer", minimum: 1, maximum: 64, nullable: true },
    user: OPTIONAL_TEXT,
    base: OPTIONAL_TEXT,
    scope: { type: "string", enum: ["base", "one", "sub"], nullable: true },
    filter: OPTIONAL_TEXT,
    bind: {
      type: "object",
      nullable: true,
      required: ["dn", "password"],
      additionalProperties: false,
      // an empty password would be no login at all, and yet be answered with yes (RFC 4513, 5.1.2)
      properties: { dn: { type: "string", minLength: 1 }, password: { type: "string", minLength: 1 } },
    },
    password: OPTIONAL_TEXT,
    hash: OPTIONAL_TEXT,
    attributes: {
      type: "object",
      nullable: true,
      additionalProperties: false,
      properties: {
        username: OPTIONAL_TEXT,
        superuser: OPTIONAL_TEXT,
        enabled: OPTIONAL_TEXT,
        publish: OPTIONAL_TEXT,
        subscribe: OPTIONAL_TEXT,
        all: OPTIONAL_TEXT,
      },
    },
  },
};

/** The users of a directory: Active Directory, OpenLDAP, lldap and others. */
export const ldap = defineBackend<Settings>({
  type: NAME,
  schema: LDAP_SCHEMA,
  create: createLdapLogin,
});

/** Who the entry of a client is, once its password was right; or the decision that there is none. */
type Proven = Found | Deny | Ignore;

/** Finds a client's entry and tries its password. */
type Prove = (directory: Directory, client: Client) => Promise<Proven>;

interface Client {
  readonly username: string;
  readonly password: string;
  readonly values: PlaceholderValues;
}

function createLdapLogin(settings: Settings, context: BackendContext): Authenticator {
  const directories = createDirectories(settings);
  const read = attributesOf(settings);
  const wanted = [...Object.values(read), ...(settings.password ? [settings.password] : [])];
  const prove = settings.user ? byName(settings, settings.user, wanted) : bySearch(settings, wanted, context);

  return {
    name: NAME,
    async authenticate(credentials, signal) {
      const { username, password } = credentials;
      if (username === null) return ignore(NAME, { kind: "no_credentials", sentence: "sent no user name" });
      if (password === null) {
        return ignore(NAME, { kind: "no_credentials", sentence: `sent no password for user ${username}` });
      }
      const text = utf8Text(password);
      // with an empty one a directory says yes to everybody: it is no login then (RFC 4513, 5.1.2)
      if (username === "" || text === null || text === "") return wrongPassword(username);
      const client = { username, password: text, values: placeholderValues(credentials) };
      const proven = await directories.use((directory) => prove(directory, client), signal);
      return "verdict" in proven ? proven : admit(credentials, proven, read);
    },
  };
}

type ReadAttributes = Readonly<Record<"username" | "enabled", string>> & Attributes;

/** Without what is null in a file: it was left empty there. */
function attributesOf({ attributes }: Settings): ReadAttributes {
  const { username, superuser, enabled, publish, subscribe, all } = attributes ?? {};
  return {
    username: username ?? "uid",
    enabled: enabled ?? "isEnabled",
    ...(superuser ? { superuser } : {}),
    ...(publish ? { publish } : {}),
    ...(subscribe ? { subscribe } : {}),
    ...(all ? { all } : {}),
  };
}

/** The way of EMQ 2: the password decides, and then the client may read its own entry. */
function byName(settings: Settings, user: string, attributes: readonly string[]): Prove {
  if (settings.base || settings.filter || settings.bind || settings.password) {
    throw new Error("user names the entry, so base, filter, bind and password have no place beside it");
  }
  const template = parseTemplate(user, CLIENT);
  // the driver would take a bare "EXTERNAL" for a way to log in, and not for a name
  if (!template.some((part) => typeof part === "string" && part.includes("="))) {
    throw new Error("user is not the name of an entry, as uid=%u,ou=People,dc=example,dc=com is");
  }
  return async (directory, { username, password, values }) => {
    const dn = fillTemplate(template, values, escapeDn);
    if ((await directory.bind(dn, password)) === "refused") return wrongPassword(username);
    const [entry] = await directory.search({ base: dn, scope: "base", filter: "(objectClass=*)", attributes });
    // a directory does not look at upper and lower case: without the entry nobody knows how the name is written
    if (entry === undefined) throw new BackendError("a user may not read its own entry; let it, or search with bind");
    return entry;
  };
}

function bySearch(settings: Settings, attributes: readonly string[], { verify }: BackendContext): Prove {
  const { bind, password: hashAttribute } = settings;
  if (!settings.base) throw new Error("either user or base must say where the users are");
  const algorithm = parseHashAlgorithm(settings.hash ?? "encoded");
  if (algorithm === null || algorithm.kind === "plain") throw new Error("hash is no algorithm that is known here");
  const base = parseTemplate(settings.base, CLIENT);
  const filter = parseTemplate(settings.filter ?? "(uid=${username})", CLIENT);
  const scope = settings.scope ?? "sub";

  const isRight = async (entry: Found, directory: Directory, password: string): Promise<boolean> => {
    // with an empty name a directory takes every password: nobody logs in then (RFC 4513, 5.1.1)
    if (entry.dn === "") throw new BackendError("the entry of a user has no name");
    if (!hashAttribute) return (await directory.bind(entry.dn, password)) === "bound";
    const bytes = Buffer.from(password);
    const hashes = entry.valuesOf(hashAttribute);
    if (hashes.length === 0) throw new BackendError(`${hashAttribute} is missing, or whoever searches may not read it`);
    let isUsable = false;
    for (const hash of hashes) {
      const matches = matchesScheme(hash, bytes);
      const match =
        matches === null
          ? await matchPassword(algorithm, { hash, salt: "" }, bytes, verify)
          : matches
            ? "right"
            : "wrong";
      if (match === "right") return true;
      isUsable ||= match === "wrong";
    }
    if (!isUsable) throw new BackendError(`${hashAttribute} is in no form that is known here`);
    return false;
  };

  return async (directory, { username, password, values }) => {
    if (bind && (await directory.bind(bind.dn, bind.password)) === "refused") {
      throw new BackendError("the password of bind is wrong, so nobody can be searched for");
    }
    const entries = await directory.search({
      base: fillTemplate(base, values, escapeDn),
      scope,
      filter: fillTemplate(filter, values, escapeFilter),
      attributes,
    });
    const [entry, other] = entries;
    if (entry === undefined) {
      return ignore(NAME, { kind: "unknown_user", sentence: `${username} is not in the directory` });
    }
    if (other !== undefined)
      throw new BackendError("more than one entry is found for one user; make the filter narrower");
    return (await isRight(entry, directory, password)) ? entry : wrongPassword(username);
  };
}

/** What the entry says about a client whose password was right. */
function admit({ clientId, username }: Credentials, entry: Found, read: ReadAttributes): Decision<Identity> {
  const names = entry.valuesOf(read.username);
  // a directory finds ALICE as alice, and rules would not
  if (username === null || !names.includes(username)) {
    const sentence = `the directory has ${username} in another spelling, or no ${read.username} that may be read`;
    return ignore(NAME, { kind: "unknown_user", sentence });
  }
  if (entry.valuesOf(read.enabled).some((value) => value.toLowerCase() === "false")) {
    return deny(NAME, { kind: "not_allowed", sentence: `user ${username} is disabled in the directory` });
  }
  const rules = rulesOf(entry, read);
  if (rules !== null && "fault" in rules) return deny(NAME, { kind: "not_allowed", sentence: rules.fault });
  return allow(NAME, {
    clientId,
    username,
    superuser: read.superuser !== undefined && entry.valuesOf(read.superuser).some(isSuperuserValue),
    source: NAME,
    proof: null,
    rules,
  });
}

/** As EMQX has them: they only allow, and what they do not name is for the next source of rules. */
function rulesOf(
  entry: Found,
  { publish, subscribe, all }: Attributes,
): readonly AccessRule[] | { readonly fault: string } | null {
  const sources = [
    [publish, PUBLISH, "publish"],
    [subscribe, SUBSCRIBE, "subscribe"],
    [all, ALL, "all"],
  ] as const;
  if (sources.every(([attribute]) => attribute === undefined)) return null;
  const rules: AccessRule[] = [];
  for (const [attribute, actions, word] of sources) {
    const topics = attribute === undefined ? [] : entry.valuesOf(attribute);
    const file = `the entry ${entry.dn}`;
    const fault = addTopics(topics, { effect: "allow", actions, word }, rules, { file, attributes: {} });
    if (fault !== null) return { fault: `${file} has a wrong ${attribute}: ${fault}` };
  }
  return rules;
}

function wrongPassword(username: string): Deny {
  return deny(NAME, { kind: "wrong_password", sentence: `wrong password for user ${username}` });
}
