import { expect, it } from "vitest";
import {
  bodyOf,
  draftFor,
  draftOf,
  protectedBy,
  protectionOf,
  TEMPLATES,
  withSetting,
  withTopicAt,
} from "../../../../src/panel/pages/bridges/bridge-draft.ts";
import { composeStandAlone } from "../../../settings/compose.ts";

it.each(TEMPLATES)("has a template %s that the broker takes as it is, once it knows the address", (template) => {
  const { name, topics, settings } = bodyOf(withSetting(draftFor(template), "address", "far.lan"));
  const lines = settings.map(({ name, value }) => `${name} ${value}`);
  const carried = topics.map(({ filter, direction, qos, localPrefix }) => {
    return `topic ${filter} ${direction} ${qos} ${localPrefix === "" ? '""' : localPrefix}`;
  });
  const conf = ["listener 1883", "allow_anonymous true", `connection ${name}`, ...lines, ...carried, ""].join("\n");
  const { settings: composed, problems } = composeStandAlone(conf);
  expect(problems.filter((problem) => !problem.includes("allow_anonymous"))).toEqual([]);
  expect(composed.bridges).toHaveLength(1);
});

it("tells a cloud neither that it is a bridge nor its state", () => {
  expect(draftFor("cloud").settings).toMatchObject({ notifications: "false", try_private: "false" });
  expect(protectionOf(draftFor("cloud"))).toBe("public");
});

it("changes the protection as a whole, and does not lose it for want of a file", () => {
  const cloud = withSetting(draftFor("cloud"), "bridge_certfile", "/ssl/a.pem");
  const own = protectedBy(cloud, "own");
  expect(own.settings).toEqual({
    notifications: "false",
    try_private: "false",
    bridge_certfile: "/ssl/a.pem",
    bridge_cafile: "",
  });
  expect(protectionOf(withSetting(own, "bridge_cafile", ""))).toBe("own");
  expect(protectedBy(own, "none").settings).toEqual({ notifications: "false", try_private: "false" });
});

it("keeps settings that the form does not show, and sends a password only when one was entered", () => {
  const draft = draftOf({
    name: "far",
    topics: [],
    settings: [{ name: "keepalive_interval", value: "30" }],
    passwordSet: true,
    where: { file: "panel-bridges.conf", line: 4 },
  });
  expect(bodyOf(withTopicAt(draft, 0, { filter: "a" }))).toEqual({
    name: "far",
    topics: [{ filter: "a", direction: "in", qos: 1, localPrefix: "", remotePrefix: "" }],
    settings: [{ name: "keepalive_interval", value: "30" }],
  });
  expect(bodyOf({ ...draft, password: "x" })).toHaveProperty("password", "x");
  expect(withTopicAt(withTopicAt(draft, 0, {}), 0, null).topics).toEqual([]);
});
