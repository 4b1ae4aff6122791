import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, vi } from "vitest";
import type { Pair } from "../helpers/certificates.ts";
import { freePort } from "../helpers/free-port.ts";
import { tempFolder } from "../helpers/temp.ts";

/** What Debian's package slapd installs; for `describeWith`. */
export const SLAPD = ["/usr/sbin/slapd", "/usr/sbin/slapadd"] as const;

interface Slapd {
  readonly url: string;
  readonly port: number;
  readonly secureUrl: string;
  /** Starts it again, with the same entries on the same ports. */
  start(): Promise<void>;
  /** Kills it, and waits until it is gone. */
  stop(): Promise<void>;
}

export const SUFFIX = "dc=house,dc=test";
export const ADMIN = { dn: `cn=admin,${SUFFIX}`, password: "admin-secret" };

/** Attributes as EMQX's schema has them. */
const SCHEMA = `
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'isSuperuser' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'isEnabled' EQUALITY booleanMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.3 NAME 'mqttPublishTopic' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.4 NAME 'mqttSubscriptionTopic' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.5 NAME 'mqttPubSubTopic' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'mqttUser' SUP top AUXILIARY
  MAY ( isSuperuser $ isEnabled $ mqttPublishTopic $ mqttSubscriptionTopic $ mqttPubSubTopic ) )
`;

/** Starts OpenLDAP with the given entries (LDIF below `SUFFIX`), for the length of a test. */
export async function slapd(ldif: string, { tls }: { readonly tls?: Pair } = {}): Promise<Slapd> {
  const folder = tempFolder();
  const config = join(folder, "slapd.conf");
  const entries = join(folder, "entries.ldif");
  mkdirSync(join(folder, "data"));
  const secure = tls === undefined ? "" : `TLSCertificateFile ${tls.certFile}\nTLSCertificateKeyFile ${tls.keyFile}\n`;
  writeFileSync(
    config,
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
${SCHEMA}
pidfile ${join(folder, "slapd.pid")}
modulepath /usr/lib/ldap
moduleload back_mdb
${secure}database mdb
suffix "${SUFFIX}"
rootdn "${ADMIN.dn}"
rootpw ${ADMIN.password}
directory ${join(folder, "data")}
access to attrs=userPassword by anonymous auth by * none
access to * by users read
`,
  );
  writeFileSync(
    entries,
    `dn: ${SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: house\ndc: house\n\n${ldif}`,
  );
  execFileSync("/usr/sbin/slapadd", ["-f", config, "-l", entries], { stdio: "pipe" });
  const [port, securePort] = [await freePort(), await freePort()];
  const url = `ldap://127.0.0.1:${port}`;
  const secureUrl = `ldaps://127.0.0.1:${securePort}`;
  let child: ChildProcess | null = null;

  const stop = async (): Promise<void> => {
    if (child === null) return;
    const ended = child;
    child = null;
    const gone = once(ended, "exit");
    ended.kill("SIGKILL");
    await gone;
  };
  const start = async (): Promise<void> => {
    const urls = tls === undefined ? `${url}/` : `${url}/ ${secureUrl}/`;
    child = spawn("/usr/sbin/slapd", ["-d", "0", "-f", config, "-h", urls], { stdio: "ignore" });
    await vi.waitFor(() => expect(isOpen(port)).resolves.toBe(true), { timeout: 10_000, interval: 20 });
  };
  onTestFinished(stop);
  await start();
  return { url, port, secureUrl, start, stop };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
