import { expect, test } from "vitest";
import { compileRequest, type RequestSettings } from "../../../src/auth/http/request-template.ts";
import { placeholderValues, type PlaceholderName } from "../../../src/auth/placeholders.ts";
import { client } from "../context.ts";

const LOGIN: readonly PlaceholderName[] = ["username", "clientid", "password", "peerhost"];
const URL_ = "http://127.0.0.1:8080/mqtt/auth";
const values = { ...placeholderValues(client("ann")), password: "p&w" };

const HOSTILE = [
  "' or '1'='1",
  "alice,ou=x",
  '{"$ne":null}',
  "$all",
  "+",
  "#",
  "a/b",
  "a&b=c",
  "?x=1",
  "ä €",
  '"',
  "%2e",
  "..\\",
];

test("sends JSON by POST, as EMQX 5 does", () => {
  const params = { username: "${username}", password: "${password}" };
  expect(compileRequest({ url: URL_, params }, LOGIN).filledWith(values)).toEqual({
    method: "POST",
    url: URL_,
    headers: { accept: "application/json, */*;q=0.5", "content-type": "application/json" },
    body: '{"username":"ann","password":"p&w"}',
  });
});

test.each<Partial<RequestSettings>>([
  { encoding: "form" },
  { headers: { "Content-Type": "application/x-www-form-urlencoded" } },
])("sends a form by POST, as EMQ 2 does (%j)", (settings) => {
  const params = { clientid: "%c", username: "%u", password: "%P" };
  expect(compileRequest({ url: URL_, params, ...settings }, LOGIN).filledWith(values)).toEqual({
    method: "POST",
    url: URL_,
    headers: { accept: "application/json, */*;q=0.5", "content-type": "application/x-www-form-urlencoded" },
    body: "clientid=plug-1&username=ann&password=p%26w",
  });
});

test.each([
  [URL_, `${URL_}?username=ann&ipaddr=192.0.2.7`],
  [`${URL_}?v=1`, `${URL_}?v=1&username=ann&ipaddr=192.0.2.7`],
])("puts parameters into the query of a GET of %s", (url, sent) => {
  const params = { username: "%u", ipaddr: "%a" };
  const headers = { "content-type": "application/json" };
  expect(compileRequest({ url, method: "get", headers, params }, LOGIN).filledWith(values)).toEqual({
    method: "GET",
    url: sent,
    headers: { accept: "application/json, */*;q=0.5" },
    body: null,
  });
});

test.each(HOSTILE)("sends the name %j as a value wherever it stands", (username) => {
  const all = { ...values, username };
  const inPath = compileRequest({ url: `${URL_}/%u/end`, method: "get", params: { u: "%u" } }, LOGIN).filledWith(all);
  const url = new URL(inPath?.url ?? "");
  expect(url.host).toBe("127.0.0.1:8080");
  expect(url.hash).toBe("");
  expect(url.pathname.split("/").map(decodeURIComponent)).toEqual(["", "mqtt", "auth", username, "end"]);
  expect([...url.searchParams]).toEqual([["u", username]]);
  const json = compileRequest({ url: URL_, params: { u: "<%u>", fixed: "1" } }, LOGIN).filledWith(all);
  expect(JSON.parse(json?.body ?? "")).toEqual({ u: `<${username}>`, fixed: "1" });
  const form = compileRequest({ url: URL_, encoding: "form", params: { u: "%u", fixed: "1" } }, LOGIN).filledWith(all);
  expect([...new URLSearchParams(form?.body ?? "")]).toEqual([
    ["u", username],
    ["fixed", "1"],
  ]);
  const header = compileRequest({ url: URL_, headers: { "X-User": "%u" } }, LOGIN).filledWith(all);
  expect(Buffer.from(header?.headers["x-user"] ?? "", "latin1").toString("utf8")).toBe(username);
});

test.each(["a\r\nX: y", "a\nb", "a\0b", "\u007f"])("sends nothing when %j would stand in a header", (username) => {
  const request = compileRequest({ url: URL_, headers: { "X-User": "${username}" } }, LOGIN);
  expect(request.filledWith({ ...values, username })).toBeNull();
});

test.each([".", ".."])("sends nothing when the name %j would make another path", (username) => {
  expect(compileRequest({ url: `${URL_}/%u/x`, method: "get" }, LOGIN).filledWith({ ...values, username })).toBeNull();
});

test.each([
  ["ftp://127.0.0.1/", "url is no http or https url"],
  ["hunter2", "url is no http or https url"],
  ["http://", "url is no http or https url"],
  ["http://me:hunter2@127.0.0.1/", "url carries a login; send it in a header"],
  ["http://%u.example/", "url is no http or https url"],
  ["http://a%c.example/", "url is no http or https url"],
  ["http://${username}.example/", "url has a placeholder in its host"],
])("refuses the url %s", (url, message) => {
  expect(() => compileRequest({ url }, LOGIN)).toThrow(new Error(message));
});

test("is called without its query, which may hold a password", () => {
  expect(compileRequest({ url: `${URL_}?p=%P#x` }, LOGIN).place).toBe(URL_);
});
