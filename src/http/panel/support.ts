import type { ConfigInfo, ListenerInfo, LogLine, Overview, SupportBundle } from "../../core/api/system.ts";
import { read, type Route } from "./route.ts";

export interface SupportRoutesDeps {
  readonly overview: () => Overview;
  readonly config: () => ConfigInfo;
  readonly listeners: () => readonly ListenerInfo[];
  /** The newest first. */
  readonly lines: () => readonly LogLine[];
  readonly now: () => number;
}

/** Everything that somebody who helps wants to see. Passwords and payloads are in none of it. */
export function supportRoutes({ overview, config, listeners, lines, now }: SupportRoutesDeps): readonly Route[] {
  const about = { summary: "What somebody who helps wants to see (?addresses=hidden)", answer: "SupportBundle" };
  return [
    read("/support", about, ({ query }) => {
      const bundle: SupportBundle = {
        at: new Date(now()).toISOString(),
        node: process.version,
        platform: `${process.platform} ${process.arch}`,
        overview: overview(),
        config: config(),
        listeners: listeners(),
        log: lines(),
      };
      return query.get("addresses") === "hidden" ? withoutAddresses(bundle) : bundle;
    }),
  ];
}

const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
/** With two colons at least, so that a time of day is none. */
const IPV6 = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi;
const TIME = /^\d{1,2}:\d{2}:\d{2}$/;

/** The same with an address of each kind in the place of all. */
function withoutAddresses(bundle: SupportBundle): unknown {
  return JSON.parse(JSON.stringify(bundle), (_key, value: unknown) => {
    if (typeof value !== "string") return value;
    return value.replaceAll(IPV4, "(address)").replaceAll(IPV6, (text) => (TIME.test(text) ? text : "(address)"));
  });
}
