import { expect, test } from "vitest";
import { authHouse } from "../helpers/auth-house.ts";
import { mosquittoPub, mosquittoSub } from "../helpers/mosquitto.ts";
import { connect, refusal } from "../helpers/mqtt.ts";
import { describeWith } from "../helpers/needs.ts";
import { ADMIN, SLAPD, slapd, SUFFIX } from "../services/slapd.ts";

const PEOPLE = `ou=People,${SUFFIX}`;
const ANN = `dn: uid=ann,${PEOPLE}
objectClass: inetOrgPerson
objectClass: mqttUser
uid: ann
cn: ann
sn: ann
userPassword: ann-pw
mqttPubSubTopic: home/ann/#
`;

describeWith([...SLAPD, "mosquitto_sub", "stdbuf"], "culex run with users in a directory", () => {
  test("lets in whom it knows, for what it allows, and knows them again when it is back", async () => {
    const directory = await slapd(`dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: People\n\n${ANN}`);
    await directory.stop();
    const auth = `
stages:
  - type: ldap
    url: ${directory.url}
    bind: { dn: "${ADMIN.dn}", password: !secret directory }
    base: ${PEOPLE}
    attributes: { all: mqttPubSubTopic }
    cache: { ttl: 0, stale_if_error: 0 }
`;
    const { running, port, url } = await authHouse(auth, `directory: ${ADMIN.password}\n`);
    const ann = { username: "ann", password: "ann-pw", protocolVersion: 5 } as const;
    expect(await refusal(url, ann)).toBe(0x88);

    await directory.start();
    const login = ["-u", "ann", "-P", "ann-pw"];
    const subscriber = await mosquittoSub(port, [...login, "-t", "home/ann/#"]);
    expect(await mosquittoPub(port, [...login, "-t", "home/ann/1", "-m", "on", "-q", "1"])).toMatchObject({ code: 0 });
    await subscriber.received(["home/ann/1 on"]);
    for (const wrong of ["wrong", ""]) expect(await refusal(url, { ...ann, password: wrong })).toBe(0x87);
    for (const wrong of ["ANN", "ann ", "*", "*)(uid=*", `ann,${PEOPLE}`, "nobody"]) {
      expect(await refusal(url, { ...ann, username: wrong })).toBe(0x87);
    }
    expect(await refusal(url, { protocolVersion: 5 })).toBe(0x87);
    const connected = await connect(url, ann);
    await expect(connected.client.publishAsync("home/bob/1", "x", { qos: 1 })).rejects.toMatchObject({ code: 0x87 });

    await directory.stop();
    expect(await refusal(url, ann)).toBe(0x88);
    await connected.client.publishAsync("home/ann/2", "off", { qos: 1 });
    await subscriber.received(["home/ann/1 on", "home/ann/2 off"]);
    await directory.start();
    await connect(url, ann);
    expect(running.lines.join("\n")).not.toMatch(/ann-pw|admin-secret/);
    expect(await running.stop()).toBe(0);
  });
});
