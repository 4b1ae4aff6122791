import { expect, test, vi } from "vitest";
import { refusal } from "../helpers/mqtt.ts";
import { startPanelHouse } from "../helpers/panel-api.ts";

/** Words that stand in files of the owner, each in one place where a secret may stand. */
const SECRETS = {
  plain: "S3CRET-plain-login",
  hashed: "PBKDF2$sha512$1000$UzNDUkVULXNhbHQ$UzNDUkVULWhhc2g=",
  misplaced: "S3CRET-in-a-wrong-option",
  misspelt: "S3CRET-misspelt-option",
  passwd: "$7$101$UzNDUkVULXBhc3N3ZA==$UzNDUkVULXBhc3N3ZA==",
  passwdPlain: "S3CRET-plain-line",
  bridge: "S3CRET-bridge-remote",
  bridgeOld: "S3CRET-bridge-password",
  misspeltLine: "S3CRET-misspelt-line",
  plugin: "S3CRET-of-a-plugin",
  mysql: "S3CRET-mysql",
  jwt: "S3CRET-jwt-that-is-long-enough-for-hs256",
  header: "S3CRET-http-header",
  inline: "S3CRET-inline-user",
  address: "S3CRET-in-an-address",
  sent: "S3CRET-sent-by-a-device",
  payload: "S3CRET-payload",
  token: "S3CRET-token-for-figures",
  dynsec: "UzNDUkVULWR5bnNlYw==",
} as const;

const OPTIONS = {
  logins: [
    { username: "meter", password: SECRETS.plain },
    { username: "pump", password: SECRETS.hashed, password_pre_hashed: true },
    { username: "lamp", pasword: SECRETS.misspelt },
    SECRETS.misplaced,
  ],
  [SECRETS.misplaced]: true,
  customize: { active: true, folder: "mosquitto" },
  dynamic_security: true,
  metrics: { active: false, token: SECRETS.token },
};

const FILES = {
  "share/mosquitto/main.conf": [
    "password_file /share/mosquitto/passwd",
    "connection cloud",
    "address 127.0.0.1:1",
    "topic # out",
    "remote_username me",
    `remote_password ${SECRETS.bridge}`,
    "connection other",
    "address 127.0.0.1:1",
    "topic x/# out",
    `password ${SECRETS.bridgeOld}`,
    `remote_pasword ${SECRETS.misspeltLine}`,
    `plugin_opt_password ${SECRETS.plugin}`,
    `auth_opt_mysql_pass ${SECRETS.plugin}`,
    "",
  ].join("\n"),
  "share/mosquitto/passwd": `wall:${SECRETS.passwd}\nhall:${SECRETS.passwdPlain}\n${SECRETS.passwdPlain}\n`,
  "share/mosquitto/dynamic-security.json": JSON.stringify({
    clients: [{ username: "cam", password: SECRETS.dynsec, salt: SECRETS.dynsec, iterations: 101 }],
  }),
  "share/mosquitto/auth.yaml": `stages:
  - type: logins
  - type: users
    users:
      - { username: door, password: ${SECRETS.inline} }
  - type: mysql
    host: 127.0.0.1
    port: 1
    user: me
    password: ${SECRETS.mysql}
    database: x
    query: SELECT password_hash FROM users WHERE username = \${username}
  - type: jwt
    secret: ${SECRETS.jwt}
  - type: http
    url: http://me:${SECRETS.address}@127.0.0.1:1/
    headers: { Authorization: "Bearer ${SECRETS.header}" }
`,
};

test("nothing that helps somebody else holds a secret of the owner's files", async () => {
  const house = await startPanelHouse(OPTIONS, FILES);
  const { broker, get, send, running } = house;
  for (const username of ["meter", "door", "cam", "nobody"]) {
    await refusal(broker, { username, password: SECRETS.sent, clientId: `c-${username}` });
  }
  await send("POST", "publish", { topic: "a", payload: SECRETS.payload, retain: true });
  await running.line(/cloud/);
  const told = async (): Promise<string> => {
    const paths = [
      "support",
      "support?addresses=hidden",
      "config",
      "log?limit=200",
      "overview",
      "problems",
      "backends",
    ];
    const answers = await Promise.all(paths.map(get));
    return JSON.stringify(answers);
  };
  // so that the word is looked for in a bundle in which it could be
  await vi.waitFor(async () => expect(await told()).toContain("remote_pasword"), { timeout: 10_000, interval: 50 });
  const text = `${await told()}\n${running.lines.join("\n")}`;
  for (const word of ["remote_password", "auth.yaml", "wrong password"]) expect(text).toContain(word);
  for (const [place, secret] of Object.entries(SECRETS)) {
    expect(text.includes(secret), `the secret "${place}" is told`).toBe(false);
    expect(text.includes(JSON.stringify(secret).slice(1, -1)), `the secret "${place}" is told`).toBe(false);
  }
  expect(text).not.toContain("S3CRET");
  expect(text).not.toContain("UzNDUkVU");
  // what moves to another broker holds hashes, and nothing else that is secret
  const exported = JSON.stringify(await get("export"));
  expect(exported).toContain("remote_username me");
  expect(exported).not.toContain("S3CRET");
});
