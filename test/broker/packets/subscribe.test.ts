import { expect, test } from "vitest";
import { readFilters } from "../../../src/broker/packets/subscribe.ts";
import { encode, subscribe } from "../wire.ts";

test.each([4, 5] as const)("the filters of a SUBSCRIBE of version %i are read", (version) => {
  const bytes = encode(subscribe(["a/#", "+/b", "#", "+", "a//b", "$SYS/#"]), version);
  expect(readFilters(bytes, 2, bytes.length, version, 1)).toEqual(["a/#", "+/b", "#", "+", "a//b", "$SYS/#"]);
});

test.each(["a#", "a/#/b", "+a", "a+/b", "#/a", ""])("the filter %j is refused", (filter) => {
  const length = Buffer.byteLength(filter);
  const bytes = Buffer.concat([Buffer.from([0, 1, 0, length]), Buffer.from(filter), Buffer.from([0])]);
  expect(readFilters(bytes, 0, bytes.length, 4, 1)).toBe("filter");
});

test.each([
  ["packet id 0", "000000016100"],
  ["no filter", "0001"],
  ["no options", "0001000161"],
  ["a filter that is cut off", "00010005610000"],
])("%s is refused", (_name, hex) => {
  const bytes = Buffer.from(hex, "hex");
  expect(readFilters(bytes, 0, bytes.length, 4, 1)).toBe("malformed");
});
