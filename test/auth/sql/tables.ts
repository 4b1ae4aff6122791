import { createHash } from "node:crypto";

/** How the SQL of a database differs. */
export interface Dialect {
  readonly flag: (value: boolean) => string;
  readonly flagType: string;
  /** Text in quotes. */
  readonly quoted: (text: string) => string;
  /** How many connections of ours it has. */
  readonly connections: string;
}

/** The tables of EMQ 2 and EMQX 5 with some users and the rules that EMQ 2 ships; a statement each. */
export function tables({ flag, flagType, quoted }: Dialect): readonly string[] {
  const user = (id: number, username: string, password: string | null, superuser = false): string => {
    const stored = password === null ? "null" : quoted(password);
    return `insert into mqtt_user values (${id}, ${quoted(username)}, ${stored}, ${flag(superuser)});`;
  };
  const hash = (kind: string, stored: string, secret = ""): string =>
    `insert into hashes values ('${kind}', '${stored}', 'slat_foo123', '${secret}');`;
  return [
    `create table mqtt_user (id int primary key, username varchar(100), password varchar(100), is_superuser ${flagType});`,
    user(1, "alice", sha256("alice-pw")),
    user(2, "root", sha256("root-pw"), true),
    user(3, "nopass", null),
    user(4, "broken", "xyz"),
    user(5, "empty", ""),
    user(6, 'o\'brien \\ "%u" ${username} -- ', sha256("odd-pw")),
    user(7, "müller 🔑", sha256("odd-pw")),

    "create table mqtt_acl (id int primary key, allow int, ipaddr varchar(60), username varchar(100), clientid varchar(100), access int, topic varchar(100));",
    "insert into mqtt_acl values (1, 1, null, '$all', null, 2, '#');",
    "insert into mqtt_acl values (2, 0, null, '$all', null, 1, '$SYS/#');",
    "insert into mqtt_acl values (3, 0, null, '$all', null, 1, 'eq #');",
    "insert into mqtt_acl values (5, 1, '127.0.0.1', null, null, 2, '$SYS/#');",
    "insert into mqtt_acl values (6, 1, '127.0.0.1', null, null, 2, '#');",
    "insert into mqtt_acl values (7, 1, null, 'dashboard', null, 1, '$SYS/#');",

    "create table emqx_acl (id int primary key, username varchar(100), permission varchar(5), action varchar(9), topic varchar(100), qos varchar(5), retain int);",
    "insert into emqx_acl values (1, 'alice', 'allow', 'subscribe', 'home/${username}/#', null, null);",
    "insert into emqx_acl values (2, 'alice', 'deny', 'all', 'home/${username}/#', null, null);",
    "insert into emqx_acl values (3, 'alice', 'allow', 'publish', 'narrow/allow', '1', null);",
    "insert into emqx_acl values (4, 'alice', 'deny', 'publish', 'narrow/deny', '0,1,2', 1);",

    "create table devices (clientid varchar(100), address varchar(60), cn varchar(60), password varchar(100));",
    `insert into devices values ('plug-1', '192.0.2.7', 'cn-1', '${sha256("device-pw")}');`,

    "create table hashes (kind varchar(20), password_hash varchar(100), salt varchar(40), secret varchar(20));",
    hash("prefix", "ae45b69fb70eaf222721b8b748eab19255d37b246eff0906eea8a7fed51b3000"),
    hash("suffix", "44EDC2D57CDE8D79C98145003E105B90A14F1460B79186EA9CFE83942FC5ABB5"),
    hash("pbkdf2", "9c76391a681e1d939dd9eda0c754d41dbc0d3b4c"),
    hash("bcrypt", "$2a$05$abcdefghijklmnopqrstuuwwPIUV0aLdd4MRrWIJ1GQ9qm/ci/n7y"),
    hash("plain", "", "public"),
  ];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
