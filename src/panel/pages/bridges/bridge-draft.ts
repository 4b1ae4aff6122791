import type { BridgeDetail, BridgeTopicInfo, NewBridge } from "../../../core/api/bridges.ts";

/** A bridge while it is entered; settings by their names in mosquitto.conf. */
export interface BridgeDraft {
  readonly name: string;
  readonly topics: readonly BridgeTopicInfo[];
  readonly settings: Readonly<Record<string, string>>;
  /** Empty: none, or the one that is kept. */
  readonly password: string;
}

/** What a bridge is for; each begins with what mostly fits. */
export const TEMPLATES = ["house", "cloud", "moving"] as const;

export type Template = (typeof TEMPLATES)[number];

/** How the connection is protected: not at all, by a certificate that everybody trusts, by one of an own authority. */
export const PROTECTIONS = ["none", "public", "own"] as const;

export type Protection = (typeof PROTECTIONS)[number];

const NEW_TOPIC: BridgeTopicInfo = { filter: "", direction: "in", qos: 1, localPrefix: "", remotePrefix: "" };
const TRUST = "bridge_tls_use_os_certs";
const CA = "bridge_cafile";
const TLS = [TRUST, CA, "bridge_capath", "bridge_certfile", "bridge_keyfile", "bridge_alpn", "bridge_tls_version"];

/** Cloud services end the connection of who tells his state below $SYS, or says that it is a bridge. */
const CLOUD = { [TRUST]: "true", notifications: "false", try_private: "false" };

/** A new bridge for a purpose. */
export function draftFor(template: Template): BridgeDraft {
  switch (template) {
    case "house":
      return { name: "other-house", ...withTopic({ filter: "#", localPrefix: "other-house/" }), settings: {} };
    case "cloud":
      return { name: "cloud", ...withTopic({ filter: "home/#", direction: "out" }), settings: CLOUD };
    case "moving":
      return { name: "old-broker", ...withTopic({ filter: "#", direction: "both" }), settings: {} };
  }
}

/** A bridge that is there, to be changed. */
export function draftOf({ name, topics, settings }: BridgeDetail): BridgeDraft {
  return {
    name,
    topics,
    settings: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    password: "",
  };
}

/** The body of a request. */
export function bodyOf({ name, topics, settings, password }: BridgeDraft): NewBridge {
  return {
    name,
    topics,
    settings: Object.entries(settings).map(([name, value]) => ({ name, value })),
    ...(password === "" ? {} : { password }),
  };
}

/** Changes a setting; an empty one is none, but a certificate that is wanted and not named must not go unsaid. */
export function withSetting(draft: BridgeDraft, name: string, value: string): BridgeDraft {
  const { [name]: _, ...others } = draft.settings;
  return { ...draft, settings: value === "" && name !== CA ? others : { ...others, [name]: value } };
}

/** How a draft is protected. */
export function protectionOf({ settings }: Pick<BridgeDraft, "settings">): Protection {
  if (CA in settings || "bridge_capath" in settings) return "own";
  return settings[TRUST] === "true" ? "public" : "none";
}

/** Protects a draft in another way. */
export function protectedBy(draft: BridgeDraft, protection: Protection): BridgeDraft {
  const leaving = protection === "none" ? TLS : [TRUST, CA, "bridge_capath"];
  const others = Object.fromEntries(Object.entries(draft.settings).filter(([name]) => !leaving.includes(name)));
  const added = protection === "none" ? {} : protection === "public" ? { [TRUST]: "true" } : { [CA]: "" };
  return { ...draft, settings: { ...others, ...added } };
}

/** Changes the topic at that place, adds one behind the last, or takes one away (null). */
export function withTopicAt(draft: BridgeDraft, at: number, change: Partial<BridgeTopicInfo> | null): BridgeDraft {
  if (change === null) return { ...draft, topics: draft.topics.filter((_, index) => index !== at) };
  const topics = at < draft.topics.length ? draft.topics : [...draft.topics, NEW_TOPIC];
  return { ...draft, topics: topics.map((topic, index) => (index === at ? { ...topic, ...change } : topic)) };
}

function withTopic(change: Partial<BridgeTopicInfo>): Pick<BridgeDraft, "topics" | "password"> {
  return { topics: [{ ...NEW_TOPIC, ...change }], password: "" };
}
