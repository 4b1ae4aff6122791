import { expect, test } from "vitest";
import { localVisitors } from "../../../src/http/panel/local-visitors.ts";

const token = "0123456789abcdefghij";
const cookie = `a=b; culex_panel=${Buffer.from(token).toString("base64url")}`;
const bearer = `Bearer ${token}`;

/** Asks a guard of its own; gives the name of who was let in, or the status. */
async function visit(peer: string, headers: Readonly<Record<string, string>>, own: string | null = token) {
  const visitors = localVisitors({ token: own, tokenFile: "/data/panel-token", now: () => 0 });
  const answer = await visitors({ peer, headers });
  return answer.kind === "admin" ? answer.name : answer.status;
}

test.each<[string, string, Record<string, string>, string | number]>([
  ["this machine", "127.0.0.1", { host: "127.0.0.1:8099" }, "this machine"],
  ["this machine by name", "::1", { host: "localhost:8099" }, "this machine"],
  ["its own page", "127.0.0.1", { host: "localhost:8099", origin: "http://localhost:8099" }, "this machine"],
  ["a page of another port", "127.0.0.1", { host: "localhost:8099", origin: "http://localhost:3000" }, 401],
  ["a page from a file", "127.0.0.1", { host: "localhost:8099", origin: "null" }, 401],
  ["a name that was made to lead here", "127.0.0.1", { host: "evil.example:8099" }, 401],
  ["a name that begins as ours", "127.0.0.1", { host: "127.0.0.1.evil.example" }, 401],
  ["no host", "127.0.0.1", {}, 401],
  ["a proxy on this machine", "127.0.0.1", { host: "127.0.0.1", "x-forwarded-for": "192.0.2.9" }, 401],
  ["the same with a token", "127.0.0.1", { host: "h", "x-forwarded-for": "192.0.2.9", authorization: bearer }, "token"],
  ["another machine", "192.0.2.9", { host: "127.0.0.1:8099" }, 401],
  ["another machine with a token", "192.0.2.9", { host: "broker", authorization: bearer }, "token"],
  ["a browser with a cookie", "192.0.2.9", { host: "broker:8099", cookie }, "token"],
  ["the same from another page", "192.0.2.9", { host: "broker", cookie, origin: "http://evil.example" }, 401],
  ["a wrong token", "192.0.2.9", { authorization: `Bearer ${token}x` }, 401],
  ["another scheme", "192.0.2.9", { authorization: `Basic ${token}` }, 401],
])("%s", async (_what, peer, headers, expected) => {
  expect(await visit(peer, headers)).toBe(expected);
});

test("without a token only this machine is let in", async () => {
  expect(await visit("127.0.0.1", { host: "127.0.0.1" }, null)).toBe("this machine");
  expect(await visit("192.0.2.9", { authorization: "Bearer null" }, null)).toBe(403);
});

test("ten wrong tokens of one address are looked at in a minute", async () => {
  const clock = { ms: 0 };
  const visitors = localVisitors({ token, tokenFile: "/data/panel-token", now: () => clock.ms });
  const ask = (text: string) => visitors({ peer: "192.0.2.9", headers: { authorization: `Bearer ${text}` } });
  for (let count = 0; count < 10; count++) expect(await ask("x")).toMatchObject({ message: "This is not the token." });
  expect(await ask(token)).toMatchObject({ status: 429, hint: "Nothing from it is looked at for 60 s." });
  clock.ms = 60_000;
  expect(await ask(token)).toEqual({ kind: "admin", name: "token" });
});
