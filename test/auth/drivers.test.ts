import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { repository } from "../package/files.ts";

/** What talks to a database or a directory: big, and most homes need none. */
const DRIVERS = ["ioredis", "ldapts", "mongodb", "mysql2", "pg"];

test("no driver is loaded before a database is asked, not even where one is configured", () => {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const { backends } = await import("./src/auth/registry.ts");
    const context = { log: {}, verify: null, digest: null, now: Date.now };
    const redis = { auth_cmd: "HGET u:%u password", password_hash: "plain", server: "127.0.0.1:1" };
    const make = (name, settings) => backends.find(({ type }) => type === name).create(settings, context);
    const source = make("redis", redis);
    const filter = { username: "%u" };
    make("mongodb", { database: "mqtt", auth_query: { collection: "u", filter }, password_hash: "plain" });
    const packages = () => loaded.flatMap((url) => /node_modules\\/([^/]+)/.exec(url)?.[1] ?? []);
    const before = packages();
    const client = { clientId: "c", username: "u", password: Buffer.from("p"), certificate: null, address: null };
    await source.authenticate(client, new AbortController().signal).catch(() => {});
    console.log(JSON.stringify([before, packages()]));
  `;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: repository });
  const [before, after]: readonly (readonly string[])[] = JSON.parse(output.toString());
  const { dependencies }: { readonly dependencies: object } = JSON.parse(
    readFileSync(`${repository}package.json`, "utf8"),
  );
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(DRIVERS));
  expect(before).toContain("ajv");
  expect(DRIVERS.filter((name) => before?.includes(name))).toEqual([]);
  expect(after).toContain("ioredis");
});
