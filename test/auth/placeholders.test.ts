import { expect, test } from "vitest";
import {
  fillTemplate,
  parseStatement,
  parseTemplate,
  placeholderValues,
  valuesFor,
  type PlaceholderName,
} from "../../src/auth/placeholders.ts";
import { client } from "./context.ts";

const LOGIN: readonly PlaceholderName[] = ["username", "clientid", "peerhost", "cert_common_name", "cert_subject"];
const HOSTILE = ["x' or '1'='1", 'a"b', "a\\", "?", "$1", "%u", "${username}", "$&", "a -- b"];

test.each([
  ["/mqtt/%u/%c", "/mqtt/[ann]/[plug-1]"],
  ["${username}-${clientid}-%a", "[ann]-[plug-1]-[192.0.2.7]"],
  ["${$}{username}", "${username}"],
  ["${zone} %x 100% %", "${zone} %x 100% %"],
  ["%P ${password}", "%P ${password}"],
  ["%C|%d", "[]|[]"],
  ["", ""],
])("fills %j", (text, filled) => {
  const values = placeholderValues(client("ann", "hunter2"));
  expect(fillTemplate(parseTemplate(text, LOGIN), values, (value) => `[${value}]`)).toBe(filled);
});

test.each(HOSTILE)("fills in %j as it is, once", (username) => {
  const values = placeholderValues(client(username));
  expect(fillTemplate(parseTemplate("<%u>", LOGIN), values, (value) => value)).toBe(`<${username}>`);
});

test.each([
  ["select p from u where n = '%u'", "select p from u where n = $1", ["username"]],
  ['select p from u where n = "%u" limit 1', "select p from u where n = $1 limit 1", ["username"]],
  [
    "where a = %u and b = '${clientid}' and c=%u",
    "where a = $1 and b = $2 and c=$3",
    ["username", "clientid", "username"],
  ],
  ["where x = 'it''s' and n = '%u' -- all of them", "where x = 'it''s' and n = $1 -- all of them", ["username"]],
  ["where x = 'a\\'b' and n = '%u'", "where x = 'a\\'b' and n = $1", ["username"]],
  ["where t like concat('mqtt:', %u)", "where t like concat('mqtt:', $1)", ["username"]],
  ["where a - 1 / 2 = %u", "where a - 1 / 2 = $1", ["username"]],
  ["select '%P', '100%'", "select '%P', '100%'", []],
])("makes a statement of %j", (query, text, names) => {
  expect(parseStatement(query, LOGIN, (number) => `$${number}`)).toEqual({ text, names });
});

test.each([
  ["where t like '%u/%'", "%u is only a part of '%u/%'; write concat(...) with %u by itself"],
  [
    "where n = 'mqtt:${username}'",
    "${username} is only a part of 'mqtt:${username}'; write concat(...) with ${username} by itself",
  ],
  ["select 1 -- for %u", "%u stands in a comment"],
  ["select /* %c */ 1", "%c stands in a comment"],
  ["select 1 from `%u`", "%u stands in the name `%u`"],
])("refuses %j", (query, message) => {
  expect(() => parseStatement(query, LOGIN, () => "?")).toThrow(new Error(message));
});

test.each(HOSTILE)("gives %j to the driver, not to the text", (username) => {
  const statement = parseStatement("where n = '%u' and c = '%C'", LOGIN, () => "?");
  expect(statement.text).toBe("where n = ? and c = ?");
  expect(valuesFor(statement, placeholderValues(client(username)))).toEqual([username, null]);
});
