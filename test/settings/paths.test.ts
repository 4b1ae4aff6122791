import { describe, expect, test } from "vitest";
import { resolvePath, staysBelow } from "../../src/settings/paths.ts";

const folders = { data: "/srv/x/data", share: "/srv/x/share/", ssl: "/srv/x/ssl" };

describe("a path in options and conf files", () => {
  test.each([
    ["/share/mosquitto/acl", "/srv/x/share/mosquitto/acl"],
    ["/share", "/srv/x/share"],
    ["/share/", "/srv/x/share/"],
    ["/ssl/fullchain.pem", "/srv/x/ssl/fullchain.pem"],
    ["/data/culex.log", "/srv/x/data/culex.log"],
    ["//share//a", "/srv/x/share/a"],
    ["/ssl/../data/a", "/srv/x/data/a"],
  ])("%s means %s", (shown, path) => {
    expect(resolvePath(shown, folders)).toBe(path);
  });

  test.each(["/sharefoo/a", "/etc/mosquitto/acl", "/database", "/home/share/a"])("%s is left as it is", (shown) => {
    expect(resolvePath(shown, folders)).toBe(shown);
  });

  test("is relative to the given folder", () => {
    expect(resolvePath("certs/../aclfile", folders, "/etc/mosquitto")).toBe("/etc/mosquitto/aclfile");
  });

  test("is relative to the working directory without one", () => {
    expect(resolvePath("aclfile", folders)).toBe(`${process.cwd()}/aclfile`);
  });
});

describe("a path that has to stay in a folder", () => {
  test.each([
    ["fullchain.pem", true],
    ["certs/fullchain.pem", true],
    ["/ssl/fullchain.pem", true],
    ["certs/../fullchain.pem", true],
    ["../data/key.pem", false],
    ["certs/../../data/key.pem", false],
    ["/data/key.pem", false],
    ["/sslfoo", false],
    [".", false],
    ["..", false],
  ])("%s: %s", (shown, expected) => {
    expect(staysBelow(shown, "/ssl")).toBe(expected);
  });
});
