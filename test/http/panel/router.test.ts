import { expect, test } from "vitest";
import { read, write } from "../../../src/http/panel/route.ts";
import { createRouter } from "../../../src/http/panel/router.ts";

const about = { summary: "", answer: null };
const router = createRouter([
  read("/clients", about, () => 0),
  read("/clients/{id}", about, () => 0),
  read("/clients/{id}/events", about, () => 0),
  write("PUT", "/blocks/{kind}/{value}", { ...about, takes: null }, () => ({ did: null })),
  write("DELETE", "/blocks/{kind}/{value}", { ...about, takes: null }, () => ({ did: null })),
]);

test.each<[string, string, string | null, Record<string, string>]>([
  ["GET", "/clients", "/clients", {}],
  ["GET", "/clients/plug", "/clients/{id}", { id: "plug" }],
  ["GET", "/clients/plug/events", "/clients/{id}/events", { id: "plug" }],
  ["GET", "/clients/a%2Fb/events", "/clients/{id}/events", { id: "a/b" }],
  // as it arrives through Home Assistant
  ["GET", "/clients/a/b/events", "/clients/{id}/events", { id: "a/b" }],
  ["GET", "/clients/a/b", "/clients/{id}", { id: "a/b" }],
  ["GET", "/clients/~Li4vLi4/events", "/clients/{id}/events", { id: "../.." }],
  ["GET", "/clients/~77u_fsOkPw", "/clients/{id}", { id: "\ufeff~ä?" }],
  ["GET", "/clients/~", "/clients/{id}", { id: "" }],
  ["GET", "/clients/a~b", "/clients/{id}", { id: "a~b" }],
  ["GET", "/clients/%22%3E%3Cimg%20src=x%3E", "/clients/{id}", { id: '"><img src=x>' }],
  ["DELETE", "/blocks/client/a/b", "/blocks/{kind}/{value}", { kind: "client", value: "a/b" }],
])("%s %s", (method, path, expected, params) => {
  const match = router(method, path);
  if (match === null || match === "other method") throw new Error(String(match));
  expect(match.route).toMatchObject({ path: expected, method });
  expect(Object.fromEntries(match.params)).toEqual(params);
});

test.each([
  ["GET", "/", null],
  ["GET", "/clients/", null],
  ["GET", "/clientsx", null],
  ["POST", "/clients", "other method"],
  ["GET", "/blocks/client/a", "other method"],
  ["DELETE", "/blocks/client", null],
  ["GET", "/clients/%zz", "other method"],
  ["GET", "/clients/~_w", "other method"],
])("%s %s has no route: %s", (method, path, expected) => {
  expect(router(method, path)).toBe(expected);
});
