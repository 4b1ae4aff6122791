import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers, filterFault, matches, overlaps, topicFault } from "../../src/core/topic.ts";
import vectors from "../fixtures/topic-vectors.json" with { type: "json" };

const HASH = '"#" must be the last level and stand alone in it';
const PLUS = '"+" must stand alone in its level';
const WILDCARD = 'a topic name has no wildcards ("+" or "#")';
const LONG = "it is longer than 65535 bytes";

describe("a topic name", () => {
  it.each(["a", "/", "//", "a/b", " ", "$SYS/x", "constructor", "__proto__", "küche/🌡", "a".repeat(65_535)])(
    "may be %.20s",
    (topic) => {
      expect(topicFault(topic)).toBeNull();
    },
  );

  it.each([
    ["", "it is empty"],
    ["a\u0000b", "it contains the character U+0000"],
    ["+", WILDCARD],
    ["a/#", WILDCARD],
    ["a+b", WILDCARD],
    ["a#", WILDCARD],
    ["a".repeat(65_536), LONG],
    ["ü".repeat(32_768), LONG],
    ["🌡".repeat(16_384), LONG],
  ])("may not be %.20s", (topic, fault) => {
    expect(topicFault(topic)).toBe(fault);
  });

  it("is measured in bytes of UTF-8", () => {
    expect(topicFault("ü".repeat(32_767))).toBeNull();
    expect(topicFault("🌡".repeat(16_383))).toBeNull();
  });
});

describe("a topic filter", () => {
  it.each(["#", "+", "/", "a", "a/b", "+/#", "a/+/b", "/+", "+/", "+/+", "a/#", "/#", "a//#", "$share/g/a/#"])(
    "may be %s",
    (filter) => {
      expect(filterFault(filter)).toBeNull();
    },
  );

  it.each([
    ["", "it is empty"],
    ["a/\u0000", "it contains the character U+0000"],
    ["#/", HASH],
    ["#/a", HASH],
    ["a/#/b", HASH],
    ["a#", HASH],
    ["a/b#", HASH],
    ["a/#b", HASH],
    ["##", HASH],
    ["a+", PLUS],
    ["+a", PLUS],
    ["a/+b/c", PLUS],
    ["a/b+/c", PLUS],
    ["++", PLUS],
    ["+#", PLUS],
    [`a/${"b".repeat(65_535)}`, LONG],
  ])("may not be %.20s", (filter, fault) => {
    expect(filterFault(filter)).toBe(fault);
  });
});

describe("matching", () => {
  const plain = vectors.vectors.filter(([pattern]) => !/%[uc]/.test(String(pattern)));

  it("has vectors to be tested with", () => {
    expect(plain.length).toBe(168);
  });

  it.each(plain)("agrees with Mosquitto on %s and %s", (filter, topic, _clientId, _username, result) => {
    expect(matches(String(filter), String(topic))).toBe(result === "match");
  });

  it.each([
    ["a/#", "a", true],
    ["a/#", "a/", true],
    ["a/#", "ab", false],
    ["a/b/#", "a", false],
    ["/#", "/", true],
    ["+", "/", false],
    ["+/+", "/", true],
    ["a/+", "a", false],
    ["a/+/#", "a", false],
    ["+/b/+", "a/b/", true],
    ["a", "a/b", false],
    ["a/b", "a", false],
    ["a/", "a", false],
    ["a", "a/", false],
    ["A", "a", false],
    ["+/x", "$SYS/x", false],
    ["+/#", "$SYS", false],
    ["$SYS/#", "$SYS", true],
    ["$SYS/+", "$SYS/x", true],
    ["a/#", "a/$SYS", true],
    ["a/+", "a/$SYS", true],
    ["küche/+/🌡", "küche/herd/🌡", true],
    ["__proto__/#", "__proto__", true],
  ])("says of %s and %s: %s", (filter, topic, expected) => {
    expect(matches(filter, topic)).toBe(expected);
  });

  it("agrees with a comparison level by level on any filter and topic", () => {
    const level = fc.constantFrom("a", "b", "ab", "", "$a", "é");
    const topics = fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/"));
    const filters = fc
      .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 4 }), fc.constantFrom("#", "+", "a", "", "$a"))
      .map(([levels, last]) => [...levels, last].join("/"));
    fc.assert(
      fc.property(filters, topics, (filter, topic) => {
        expect(matches(filter, topic)).toBe(naiveMatches(filter, topic));
      }),
      { numRuns: 5_000 },
    );
  });

  it("finds every topic covered by a filter made of it", () => {
    const parts = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.boolean()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.boolean(), (levels, isOpen) => {
        const clean = levels.map(([text, isWild]) => ({ text: text.replace(/[+#/$]/g, "x"), isWild }));
        const topic = clean.map(({ text }) => text).join("/");
        const filter = clean.map(({ text, isWild }) => (isWild ? "+" : text)).join("/");
        expect(matches(isOpen ? `${filter}/#` : filter, topic)).toBe(true);
      }),
    );
  });
});

describe("covers", () => {
  /** Every text of up to `most` of these levels. */
  const texts = (levels: readonly string[], most: number): readonly string[] =>
    most === 0 ? [] : [...levels, ...texts(levels, most - 1).flatMap((rest) => levels.map((one) => `${one}/${rest}`))];
  const closed = texts(["a", "", "+", "$s"], 3);
  const filters = ["#", ...closed.flatMap((text) => [text, `${text}/#`])].filter((text) => filterFault(text) === null);
  const topics = texts(["a", "", "z", "$s"], 4).filter((text) => topicFault(text) === null);

  it("says yes exactly where a filter matches every topic that the other one does", () => {
    const matched = new Map(filters.map((filter) => [filter, topics.map((topic) => matches(filter, topic))]));
    const wrong = filters.flatMap((filter) =>
      filters.flatMap((other) => {
        const ofFilter = matched.get(filter) ?? [];
        const isCovered = (matched.get(other) ?? []).every((isMatched, at) => !isMatched || ofFilter[at]);
        return covers(filter, other) === isCovered ? [] : [`${filter} ${other}`];
      }),
    );
    // the same in other words, since no topic is empty; Mosquitto says no as well
    expect(wrong).toEqual(["+/# #", "/+/# /#", "+/+/# /#"]);
  });
});

describe("overlaps", () => {
  const texts = (levels: readonly string[], most: number): readonly string[] =>
    most === 0 ? [] : [...levels, ...texts(levels, most - 1).flatMap((rest) => levels.map((one) => `${one}/${rest}`))];
  const closed = texts(["a", "b", "", "+", "$s"], 2);
  const filters = ["#", ...closed.flatMap((text) => [text, `${text}/#`])].filter((text) => filterFault(text) === null);
  const topics = texts(["a", "b", "", "z", "$s"], 3).filter((text) => topicFault(text) === null);

  it("says yes exactly where a topic is matched by both", () => {
    const matched = new Map(filters.map((filter) => [filter, topics.filter((topic) => matches(filter, topic))]));
    const wrong = filters.flatMap((filter) =>
      filters.flatMap((other) => {
        const both = (matched.get(filter) ?? []).some((topic) => matches(other, topic));
        return overlaps(filter, other) === both ? [] : [`${filter} ${other}`];
      }),
    );
    // only the empty topic is matched by both, and there is none: a yes too many denies at worst
    expect(wrong).toEqual(["/# +", "+ /#"]);
  });
});

/** MQTT 4.7 word by word. */
function naiveMatches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const levels = topic.split("/");
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  if (wanted.at(-1) === "#") {
    const parent = wanted.slice(0, -1);
    return parent.length <= levels.length && parent.every((level, at) => level === "+" || level === levels[at]);
  }
  return wanted.length === levels.length && wanted.every((level, at) => level === "+" || level === levels[at]);
}
