import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository, textOf } from "./files.ts";
import { linterRules, securityRating, type Config } from "./linter.ts";

const config: Config = JSON.parse(textOf("config.json"));

/** For each rule, keys that break it when they stand in our configuration, and what is said then. */
const broken: Readonly<Record<string, readonly [change: Config, finding: string]>> = {
  "every key is known and has a value of its kind": [{ colour: "blue" }, "'colour' is unknown"],
  "no default value is written out": [{ boot: "auto" }, "'boot' should be removed, it uses a default value"],
  "only architectures that Home Assistant still has": [{ arch: ["amd64", "armv7"] }, "'armv7' is no longer supported"],
  "no webui beside ingress": [{ ingress: true, webui: "http://[HOST]:[PORT:80]" }, "'webui' beside ingress"],
  "a random ingress port on the host network only": [
    { ingress: true, ingress_port: 0 },
    "'ingress_port' 0 without host_network",
  ],
  "no full access": [{ full_access: true }, "'full_access' is more than an app needs"],
  "no advanced flag": [{ advanced: true }, "'advanced' is deprecated"],
  "no auto_uart": [{ auto_uart: true }, "'auto_uart' is deprecated"],
  "devices are paths only": [{ devices: ["/dev/ttyUSB0:/dev/ttyUSB0:rwm"] }, "'devices' with ':'"],
  "tmpfs is a boolean": [{ tmpfs: "size=64M" }, "'tmpfs' is no boolean"],
  "no backup commands with cold backups": [
    { backup: "cold", backup_pre: "sync" },
    "'backup_pre' or 'backup_post' with cold backups",
  ],
  "no watchdog: the image has a HEALTHCHECK": [{ watchdog: "tcp://[HOST]:1883" }, "'watchdog' is obsolete"],
  "no codenotary": [{ codenotary: "someone@example.com" }, "'codenotary' is no longer used"],
  "no deprecated folder in map": [{ map: ["ssl", "config:rw"] }, "'map' contains 'config:rw'"],
};

describe("the store's linter", () => {
  it.each(linterRules.map((rule) => [rule.name, rule] as const))("is content: %s", (_name, rule) => {
    expect(rule.findings(config)).toEqual([]);
  });

  it.each(linterRules.map((rule) => [rule.name, rule] as const))("would object: %s", (name, rule) => {
    const [change, finding] = broken[name] ?? [{}, "no example"];
    expect(rule.findings({ ...config, ...change })).toEqual([finding]);
  });

  it.each([
    ["a missing name", { name: undefined }, "must have required property 'name'"],
    ["a port above 65535", { ports: { "1883/tcp": 70_000 } }, "/ports/1883~1tcp must be <= 65535"],
    [
      "a service without a role",
      { services: ["mqtt"] },
      '/services/0 must match pattern "^(mqtt|mysql):(provide|want|need)$"',
    ],
    ["an unknown startup stage", { startup: "early" }, "/startup must be equal to one of the allowed values"],
    ["a timeout in words", { timeout: "30 s" }, "/timeout must be integer"],
  ])("would object to %s", (_what, change, finding) => {
    const changed: Config = JSON.parse(JSON.stringify({ ...config, ...change }));
    expect(linterRules[0]?.findings(changed)).toContain(finding);
  });
});

describe("the security rating", () => {
  it("is 8: five, two for ingress and one for the AppArmor profile", () => {
    expect(securityRating(config, existsSync(join(repository, "apparmor.txt")))).toBe(8);
  });

  it.each([
    ["without a profile", {}, false, 7],
    ["with AppArmor off", { apparmor: false }, true, 6],
    ["without ingress, when the logins count one in its place", { ingress: false }, true, 7],
    ["on the host network", { host_network: true }, true, 7],
    ["with the host's processes", { host_pid: true }, true, 6],
    ["as a manager", { hassio_role: "manager" }, true, 7],
    ["as an administrator", { hassio_role: "admin" }, true, 6],
    ["with a dangerous capability", { privileged: ["NET_ADMIN"] }, true, 7],
    ["with the host's name and SYS_ADMIN", { host_uts: true, privileged: ["SYS_ADMIN"] }, true, 6],
    ["with full access", { full_access: true }, true, 1],
  ])("changes %s", (_what, change, hasProfile, expected) => {
    expect(securityRating({ ...config, ...change }, hasProfile)).toBe(expected);
  });
});
