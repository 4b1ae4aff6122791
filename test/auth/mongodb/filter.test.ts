import { expect, test } from "vitest";
import { parseFilter } from "../../../src/auth/mongodb/filter.ts";
import type { RawObject } from "../../../src/core/raw-object.ts";

const VALUES = { username: '{"$ne":null}', clientid: "plug-1", cert_common_name: null };

const filled = (filter: RawObject) =>
  parseFilter(filter, ["username", "clientid", "cert_common_name"]).filledWith(VALUES);

test.each<readonly [RawObject, RawObject | null]>([
  [{ username: "%u" }, { username: '{"$ne":null}' }],
  [{ username: { $eq: "${username}" } }, { username: { $eq: '{"$ne":null}' } }],
  [{ key: "mqtt:%u:%c" }, null],
  [{ key: "mqtt/%u/%c" }, { key: 'mqtt/{"$ne":null}/plug-1' }],
  [
    { "a.b": "%c", on: { $gt: 3 }, $comment: "ours" },
    { "a.b": "plug-1", on: { $gt: 3 }, $comment: "ours" },
  ],
  [{ cn: "%C" }, null],
  [{ cn: "%C", clientid: "%c" }, null],
  [{ $and: [{ cn: "%C" }, { clientid: "%c" }] }, null],
  [{ $or: [{ cn: "%C" }, { clientid: "%c" }] }, { $or: [{ clientid: "plug-1" }] }],
  [{ $or: [{ cn: "%C" }] }, null],
  [{ name: { $in: ["%C", "%c", "$all"] } }, { name: { $in: ["plug-1", "$all"] } }],
  [{ name: { $in: ["%C"] } }, null],
  [
    { name: { $in: [1, 2] }, flag: true, none: null },
    { name: { $in: [1, 2] }, flag: true, none: null },
  ],
  [{ name: "%t" }, { name: "%t" }],
])("%j asks for %j", (filter, expected) => {
  expect(filled(filter)?.filter ?? null).toEqual(expected);
});

test.each<readonly [RawObject, RawObject, boolean]>([
  [{ clientid: "%c" }, { clientid: "plug-1" }, true],
  [{ clientid: "%c" }, { clientid: "PLUG-1" }, false],
  [{ clientid: "%c" }, { clientid: "plug-1 " }, false],
  [{ clientid: "%c" }, { clientid: 1 }, false],
  [{ clientid: "%c" }, {}, false],
  [{ clientid: "%c" }, { clientid: ["x", "plug-1"] }, true],
  [{ clientid: "%c" }, { clientid: ["x", "PLUG-1"] }, false],
  [{ "a.b": "%c" }, { a: { b: "plug-1" } }, true],
  [{ "a.b": "%c" }, { a: [{ b: "x" }, { b: "plug-1" }] }, true],
  [{ "a.b": "%c" }, { a: { b: "Plug-1" } }, false],
  [{ "a.b": "%c" }, { "a.b": "plug-1" }, false],
  [{ "toString.name": "%c" }, {}, false],
  [{ kind: "Device", clientid: "%c" }, { kind: "device", clientid: "plug-1" }, true],
  [{ clientid: { $in: ["%c", "$all"] } }, { clientid: "$all" }, true],
  [{ clientid: { $in: ["%c", "$all"] } }, { clientid: "$ALL" }, false],
  [{ $or: [{ username: "%u" }, { clientid: "%c" }] }, { username: "x", clientid: "plug-1" }, true],
  [{ $or: [{ username: "%u" }, { clientid: "%c" }] }, { username: "x", clientid: "PLUG-1" }, false],
  [{ $and: [{ username: "%u" }, { clientid: "%c" }] }, { username: "x", clientid: "plug-1" }, false],
])("what %j finds is compared once more: %j", (filter, document, expected) => {
  expect(filled(filter)?.holds(document)).toBe(expected);
});
