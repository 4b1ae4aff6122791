import { describe, expect, test } from "vitest";
import { createMapping } from "../../src/bridge/mapping.ts";
import { parseBridgeTopic } from "../../src/settings/directives/bridge-topic.ts";

function topicOf(line: string) {
  const topic = parseBridgeTopic(line);
  if ("what" in topic) throw new Error(topic.what);
  return topic;
}

function mappingOf(...lines: readonly string[]) {
  return createMapping(lines.map(topicOf));
}

describe("the names of topics", () => {
  test.each([
    [["# both 0 cabin/ house/"], "cabin/door", "house/door"],
    [['"" both 0 one/local one/remote'], "one/local", "one/remote"],
    [['/remoteapp/# both 0 tv ""'], "tv/remoteapp/x", "/remoteapp/x"],
    [["a/# both"], "a/b", "a/b"],
    [["a/# both 0 x/ y/", "# both 0 x/ z/"], "x/a/b", "y/a/b"],
    [["a/# both 0 x/ y/", "# both 0 x/ z/"], "x/b", "z/b"],
    [["+/state both 0 l/ r/"], "l/a/state", "r/a/state"],
  ])("of %j: %s here is %s there, and back", (lines, local, remote) => {
    const mapping = mappingOf(...lines);
    expect(mapping.toRemote(local)).toBe(remote);
    expect(mapping.toLocal(remote)).toBe(local);
  });

  test("that are nothing but the prefix stay, rather than become empty", () => {
    expect(mappingOf("# out 0 house/").toRemote("house/")).toBe("house/");
    expect(mappingOf("# out 0 house/").toRemote("house")).toBe("house");
  });

  test("change in the direction of their line only", () => {
    const mapping = mappingOf("# out 0 a/ b/");
    expect(mapping.toLocal("b/x")).toBe("b/x");
  });
});

describe("the subscriptions", () => {
  test("are those of the directions, each filter once with its highest quality of service", () => {
    const mapping = mappingOf("a/# out 0", "a/# out 2", "b/# in 1", "c/# both 1 x/ y/", "d/# out", "d/# in");
    expect(mapping.local).toEqual([
      { filter: "a/#", qos: 2 },
      { filter: "x/c/#", qos: 1 },
      { filter: "d/#", qos: 0 },
    ]);
    expect(mapping.remote).toEqual([
      { filter: "b/#", qos: 1 },
      { filter: "y/c/#", qos: 1 },
      { filter: "d/#", qos: 0 },
    ]);
    expect(mapping.remoteUnwanted).toEqual(["a/#"]);
  });

  test("of lines before these are ended at the remote broker, unless a line asks for them again", () => {
    const topics = [topicOf("a/# in"), topicOf("b/# out")];
    expect(createMapping(topics, ["a/#", "c/#", "b/#", "c/#"]).remoteUnwanted).toEqual(["b/#", "c/#"]);
  });

  test("know by how much a packet may grow", () => {
    expect(mappingOf("# out 0 a/ länger/", "# out 0 abc/ d/").growth).toBe("länger/".length + 1 - "a/".length);
    expect(mappingOf("# in 0 longer/ a/").growth).toBe(0);
  });
});
