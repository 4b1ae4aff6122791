import { describe, expect, test } from "vitest";
import { authFileOf, composeAddOn, composeStandAlone } from "../compose.ts";

/** Lines as EMQ's user guide prints them, one example each, and what becomes of them. */
const DATABASE = `
auth.mysql.pool = 8
auth.mysql.username = mqtt
auth.mysql.password = secret
auth.mysql.database = mqtt
auth.mysql.auth_query = select password from mqtt_user where username = '%u' limit 1
auth.mysql.password_hash = sha256
auth.mysql.super_query = select is_superuser from mqtt_user where username = '%u' limit 1
auth.mysql.acl_query = select allow, ipaddr, username, clientid, access, topic from mqtt_acl where ipaddr = '%a' or username = '%u' or username = '$all' or clientid = '%c'
`;
const QUERIES = {
  pool: 8,
  database: "mqtt",
  auth_query: "select password from mqtt_user where username = '%u' limit 1",
  password_hash: "sha256",
  super_query: "select is_superuser from mqtt_user where username = '%u' limit 1",
  acl_query:
    "select allow, ipaddr, username, clientid, access, topic from mqtt_acl where ipaddr = '%a' or username = '%u' or username = '$all' or clientid = '%c'",
};
const NO_NOMATCH = (line: number): string =>
  `emq.conf line ${line}: there are rules, and no line "mqtt.acl_nomatch": EMQ allows then what no rule names. What no rule allows is denied. Write "mqtt.acl_nomatch = deny" to have it so, or "mqtt.acl_nomatch = allow" to have it as in EMQ.`;
const EMPTY = (line: number, key: string, usual: string): string =>
  `emq.conf line ${line}: "${key}" has no value. EMQ's own is used, "${usual}". Write it behind the =.`;

/** The stages that lines make, as auth.yaml would have them. */
function stagesOf(conf: string) {
  const { settings, problems } = composeStandAlone(conf, {}, "emq.conf");
  const stages = settings.auth.map(({ type, settings: own, written }) => ({
    type,
    settings: own,
    id: written?.terms.id,
    cached: written?.terms.cache !== null && written !== undefined,
    timeoutMs: written?.terms.timeoutMs,
    faults: written?.faults,
  }));
  return { stages, problems, settings };
}

const NETWORK = { cached: true, timeoutMs: 5000, faults: [] };

describe("a plugin's lines become a stage", () => {
  test("user names and passwords", () => {
    const { stages, problems } = stagesOf("auth.user.$N.username = admin\nauth.user.$N.password = public\n");
    expect(problems).toEqual([]);
    expect(stages).toEqual([
      {
        type: "users",
        id: "users",
        settings: { users: [{ username: "admin", password: "public" }] },
        cached: false,
        timeoutMs: 5000,
        faults: [],
      },
    ]);
  });

  test("client ids, in the form of 2.0 too", () => {
    const { stages, problems } = stagesOf(
      "auth.client.$N.clientid = clientid\nauth.client.$N.password = passwd\nauth.client.dev:devid = passwd2\n",
    );
    expect(problems).toEqual([]);
    expect(stages).toMatchObject([
      {
        type: "clientid",
        settings: {
          clients: [
            { clientid: "clientid", password: "passwd" },
            { clientid: "dev:devid", password: "passwd2" },
          ],
        },
      },
    ]);
  });

  test("a directory", () => {
    const { stages, problems } = stagesOf(
      "auth.ldap.servers =\n\nauth.ldap.port = 389\n\nauth.ldap.timeout = 30\n\nauth.ldap.user_dn = uid=%u,ou=People,dc=example,dc=com\n\nauth.ldap.ssl = false\n",
    );
    expect(problems).toEqual([EMPTY(1, "auth.ldap.servers", "127.0.0.1")]);
    expect(stages).toEqual([
      {
        type: "ldap",
        id: "ldap",
        settings: {
          url: "ldap://127.0.0.1:389",
          user: "uid=%u,ou=People,dc=example,dc=com",
          attributes: { username: "uid" },
        },
        ...NETWORK,
        timeoutMs: 30_000,
      },
    ]);
  });

  test("a web service, whose addresses the printed guide has lost", () => {
    const { stages, problems, settings } = stagesOf(`## Variables: %u = username
auth.http.auth_req =
auth.http.auth_req.method = post
auth.http.auth_req.params = clientid=%c,username=%u,password=%P
auth.http.super_req =
auth.http.super_req.method = post
auth.http.super_req.params = clientid=%c,username=%u
auth.http.acl_req =
auth.http.acl_req.method = get
auth.http.acl_req.params = access=%A,username=%u,clientid=%c,ipaddr=%a,topic=%t
`);
    const [auth, superuser, acl] = ["auth", "superuser", "acl"].map((word) => `http://127.0.0.1:8080/mqtt/${word}`);
    expect(problems).toEqual([
      EMPTY(2, "auth.http.auth_req", auth ?? ""),
      EMPTY(5, "auth.http.super_req", superuser ?? ""),
      EMPTY(8, "auth.http.acl_req", acl ?? ""),
      NO_NOMATCH(2),
    ]);
    const params = { clientid: "%c", username: "%u" };
    expect(stages).toEqual([
      {
        type: "http",
        id: "http",
        settings: {
          response: "status",
          login: { url: auth, method: "post", encoding: "form", params: { ...params, password: "%P" } },
          super: { url: superuser, method: "post", encoding: "form", params },
          acl: {
            url: acl,
            method: "get",
            encoding: "form",
            params: { ...params, access: "%A", ipaddr: "%a", topic: "%t" },
          },
        },
        ...NETWORK,
      },
    ]);
    expect(settings.aclTerms).toEqual({ sources: ["login", "dynamic-security", "http", "files"], noMatch: null });
  });

  test("MySQL", () => {
    const { stages, problems } = stagesOf(`## Mysql Server\nauth.mysql.server =${DATABASE}mqtt.acl_nomatch = deny\n`);
    expect(problems).toEqual([EMPTY(2, "auth.mysql.server", "127.0.0.1:3306")]);
    const settings = { server: "127.0.0.1:3306", username: "mqtt", password: "secret", ...QUERIES };
    expect(stages).toEqual([{ type: "mysql", id: "mysql", settings, ...NETWORK }]);
  });

  test("PostgreSQL", () => {
    const conf = `auth.pgsql.server =${DATABASE.replaceAll("mysql", "pgsql").replace("username = mqtt", "username = root")}`;
    const { stages, problems } = stagesOf(
      `${conf}auth.pgsql.encoding = utf8\nauth.pgsql.ssl = false\nmqtt.acl_nomatch = deny\n`,
    );
    expect(problems).toEqual([
      'emq.conf line 10: "auth.pgsql.encoding" has no effect here: texts always travel as UTF-8. The line is ignored; the other 11 lines are used. Remove the line.',
      EMPTY(1, "auth.pgsql.server", "127.0.0.1:5432"),
    ]);
    const settings = { server: "127.0.0.1:5432", username: "root", password: "secret", ...QUERIES };
    expect(stages).toEqual([{ type: "postgresql", id: "postgresql", settings, ...NETWORK }]);
  });

  test("Redis", () => {
    const { stages, problems } = stagesOf(`auth.redis.server =
auth.redis.pool = 8
auth.redis.database = 0
auth.redis.password = secret
auth.redis.auth_cmd = HGET mqtt_user:%u password
auth.redis.password_hash = sha256
auth.redis.super_cmd = HGET mqtt_user:%u is_superuser
auth.redis.acl_cmd = HGETALL mqtt_acl:%u
mqtt.acl_nomatch = deny
`);
    expect(problems).toEqual([EMPTY(1, "auth.redis.server", "127.0.0.1:6379")]);
    const settings = {
      server: "127.0.0.1:6379",
      pool: 8,
      database: 0,
      password: "secret",
      auth_cmd: "HGET mqtt_user:%u password",
      password_hash: "sha256",
      super_cmd: "HGET mqtt_user:%u is_superuser",
      acl_cmd: "HGETALL mqtt_acl:%u",
    };
    expect(stages).toEqual([{ type: "redis", id: "redis", settings, ...NETWORK }]);
  });

  test("MongoDB, whose collection of rules the guide prints wrong", () => {
    const { stages, problems } = stagesOf(`auth.mongo.server =
auth.mongo.pool = 8
auth.mongo.user = mqtt
auth.mongo.password = secret
auth.mongo.database = mqtt
auth.mongo.auth_query.collection = mqtt_user
auth.mongo.auth_query.password_field = password
auth.mongo.auth_query.password_hash = sha256
auth.mongo.auth_query.selector = username=%u
auth.mongo.super_query.collection = mqtt_user
auth.mongo.super_query.super_field = is_superuser
auth.mongo.super_query.selector = username=%u
auth.mongo.acl_query.collection = mqtt_user
auth.mongo.acl_query.selector = username=%u
mqtt.acl_nomatch = deny
`);
    expect(problems).toEqual([
      'emq.conf line 13: rules are looked for in "mqtt_user", where the users are. It is obeyed: a user without topics in it may use none. Write mqtt_acl if they are there: EMQ\'s guide prints the other by mistake.',
      EMPTY(1, "auth.mongo.server", "127.0.0.1:27017"),
    ]);
    const filter = { username: "%u" };
    expect(stages).toEqual([
      {
        type: "mongodb",
        id: "mongodb",
        settings: {
          server: "127.0.0.1:27017",
          pool: 8,
          database: "mqtt",
          username: "mqtt",
          password: "secret",
          auth_source: "mqtt",
          auth_query: { collection: "mqtt_user", filter, password_hash_field: "password" },
          password_hash: "sha256",
          super_query: { collection: "mqtt_user", filter, is_superuser_field: "is_superuser" },
          acl_query: { collection: "mqtt_user", filter },
        },
        ...NETWORK,
      },
    ]);
  });

  test("MongoDB with salts, several selectors, and no superusers", () => {
    const { stages } = stagesOf(`auth.mongo.database = mqtt
auth.mongo.auth_query.password_field = hash,salt
auth.mongo.auth_query.selector = username=%u, clientid=%c
auth.mongo.super_query = off
auth.mongo.super_query.selector = username=%u
auth.mongo.acl_query = on
auth.mongo.acl_query.selector.1 = username=%u
auth.mongo.acl_query.selector.2 = username=$all
`);
    expect(stages[0]?.settings).toEqual({
      database: "mqtt",
      auth_query: {
        collection: "mqtt_user",
        filter: { username: "%u", clientid: "%c" },
        password_hash_field: "hash",
        salt_field: "salt",
      },
      password_hash: "sha256",
      acl_query: { collection: "mqtt_acl", filter: { $or: [{ username: "%u" }, { username: "$all" }] } },
    });
    expect(stages[0]?.faults).toEqual([]);
  });

  test("a misspelt line of any plugin keeps its stage from being used", () => {
    const { stages } = stagesOf("auth.mongo.database = mqtt\nauth.mongo.acl_qery.selector = username=%u\n");
    expect(stages[0]?.faults).toEqual([
      {
        where: { file: "emq.conf", line: 2 },
        what: '"auth.mongo.acl_qery.selector" is not a name of EMQ',
        fix: 'Did you mean "auth.mongo.acl_query.selector"?',
      },
    ]);
  });
});

describe("lines of emq.conf", () => {
  test("anonymous clients, rules and what no rule names", () => {
    const { settings, problems } = composeStandAlone(
      "## Allow Anonymous authentication\nmqtt.allow_anonymous = true\n## ACL nomatch\nmqtt.acl_nomatch = allow\nmqtt.acl_file = etc/acl.conf\nlistener.tcp.external = 1883\n",
      {},
      "emq.conf",
    );
    expect(settings.anonymous).toEqual({ rights: "all", origin: { file: "emq.conf", line: 2 } });
    expect(settings.aclFile?.path).toBe("/srv/culex/share/mosquitto/acl.conf");
    expect(settings.aclTerms).toEqual({ sources: null, noMatch: "allow" });
    expect(problems).toEqual([
      'emq.conf line 4: "mqtt.acl_nomatch = allow" lets every client that may log in use every topic that no rule forbids. It is obeyed, but not while rules cannot be read: then EMQ would allow everything, and this broker does not. Write "mqtt.acl_nomatch = deny", and add a rule for each topic that is used.',
    ]);
  });

  test("listeners, their clients, and how often $SYS is told", () => {
    const { settings, problems } = composeStandAlone(
      `## TCP Listener: 1883,, ::1:1883
listener.tcp.external = 1883
listener.tcp.external.acceptors = 8
listener.tcp.external.max_clients = 1024
listener.ssl.external = 8883
listener.ssl.external.acceptors = 4
listener.ssl.external.max_clients = 512
listener.ws.external = 8083
listener.ws.external.acceptors = 4
listener.ws.external.max_clients = 64
mqtt.broker.sys_interval = 60
mqtt.allow_anonymous = true
`,
      {},
      "emq.conf",
    );
    const inEtc = (name: string) => expect.objectContaining({ path: `/srv/culex/share/mosquitto/certs/${name}` });
    expect(settings.listeners).toMatchObject([
      { name: "1883", protocol: "mqtt", tls: null, maxConnections: 1024 },
      {
        name: "8883",
        protocol: "mqtt",
        tls: { certfile: inEtc("cert.pem"), keyfile: inEtc("key.pem") },
        maxConnections: 512,
      },
      { name: "8083", protocol: "websockets", tls: null, maxConnections: 64 },
    ]);
    expect(settings.sysIntervalS).toBe(60);
    expect(problems).toEqual(
      [
        [3, "tcp"],
        [6, "ssl"],
        [9, "ws"],
      ].map(
        ([line, kind]) =>
          `emq.conf line ${line}: "listener.${kind}.external.acceptors" has no effect here: the system and this broker tune connections by themselves. The line is ignored; the other 8 lines are used. Remove the line.`,
      ),
    );
  });
});

describe("in the app", () => {
  test("the stages stand before Home Assistant's users, and any source may say yes", () => {
    const { settings } = composeAddOn({
      "emq_auth_username.conf": "auth.user.1.username = admin\nauth.user.1.password = public\n",
    });
    expect(settings.auth.map(({ type, onBadPassword }) => `${type}: ${onBadPassword}`)).toEqual([
      "system-users: deny",
      "logins: next",
      "users: next",
      "home-assistant: deny",
    ]);
  });

  test("ports of its own listeners stand for them", () => {
    const { settings, problems } = composeAddOn({
      "emq.conf": "listener.tcp.external = 1883\nlistener.tcp.external.max_clients = 7\nlistener.ssl.external = 8883\n",
    });
    expect(settings.listeners.find(({ name }) => name === "1883")?.maxConnections).toBe(7);
    // its certificate is that of the options
    const own = settings.listeners.find(({ name }) => name === "8883");
    expect(own?.tls?.certfile.path).toBe("/srv/culex/ssl/fullchain.pem");
    expect(problems).toEqual([]);
  });

  test("auth.yaml has the say", () => {
    const authFile = authFileOf("stages: [{ type: logins }]");
    const { settings, problems } = composeAddOn(
      { "emq.conf": "auth.user.1.username = admin\nauth.user.1.password = public\nmqtt.acl_nomatch = allow\n" },
      {},
      {},
      authFile,
    );
    expect(settings.auth.map(({ type }) => type)).toEqual(["system-users", "logins"]);
    expect(settings.aclTerms.noMatch).toBeNull();
    expect(problems).toEqual([
      "emq.conf line 1: auth.yaml says who may log in and in which order rules count, so lines of EMQ about that have no say. Only the stages of auth.yaml are asked. Write what they say into auth.yaml, or remove one of the two files.",
    ]);
  });
});
