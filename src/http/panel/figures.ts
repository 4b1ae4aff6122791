import { basename } from "node:path";
import type { Paste } from "../../core/api/access.ts";
import type { FiguresInfo } from "../../core/api/figures.ts";
import type { OptionStore } from "../../core/option-store.ts";
import { placeOf } from "../../core/problem.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { counted } from "../../core/words.ts";
import { MAX_SENSOR_DEVICES } from "../../settings/sensors.ts";
import type { Snapshot, Sources } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { changeOptions } from "./change-options.ts";
import { linesOf } from "./config-settings.ts";
import { textsOf, unfitField } from "./fields.ts";
import { read, type Route, write } from "./route.ts";

export interface FiguresRoutesDeps {
  readonly current: () => Pick<Snapshot, "settings">;
  readonly sources: () => Pick<Sources, "conf" | "options">;
  /** null: they are the owner's alone. */
  readonly options: OptionStore | null;
  /** Their path; null: there are none. */
  readonly optionsFile: string | null;
  /** Makes current what is in the files; ends when it is. */
  readonly reload: (cause: string) => Promise<void>;
}

type Group = keyof FiguresInfo;

/** Where the figures go, and switching that. */
export function figuresRoutes(deps: FiguresRoutesDeps): readonly Route[] {
  const about = {
    summary: "Where the broker's own figures go: to Home Assistant, to Prometheus",
    answer: "FiguresInfo",
  };
  return [
    read("/figures", about, () => figuresOf(deps)),
    write(
      "PATCH",
      "/figures",
      {
        summary: "Switches sensors and metrics, and chooses devices; what is missing stays",
        takes: "FiguresChange",
        answer: "FiguresInfo",
        current: () => figuresOf(deps),
      },
      async ({ body }) => {
        const changes = changesIn(body);
        const info = figuresOf(deps);
        for (const [group] of changes) if (info[group].paste !== undefined) throw notOurs(group, info[group].paste);
        if (deps.options === null || changes.length === 0) throw unfitField("sensors", "Say what is to be changed.");
        await changeOptions(deps.options, (all) => ({
          ...all,
          ...Object.fromEntries(changes.map(([group, change]) => [group, { ...groupIn(all, group), ...change }])),
        }));
        await deps.reload("the panel");
        return { body: figuresOf(deps), did: changes.map(sentenceOf).join(", ") };
      },
    ),
  ];
}

function figuresOf(deps: FiguresRoutesDeps): FiguresInfo {
  const { settings } = deps.current();
  const { options } = deps.sources();
  const isTold = settings.sensors !== null && settings.sensors !== "unread";
  const known = isTold ? settings.sensors : (options?.sensors ?? null);
  return {
    sensors: {
      active: isTold,
      name: known?.name ?? "Culex",
      devices: known?.devices ?? [],
      ...pasteOf(deps, "sensors", isTold ? "sensors false" : "sensors true", isTold),
    },
    metrics: {
      active: settings.metrics !== null,
      needsToken: settings.metrics !== null && settings.metrics.token !== null,
      ...pasteOf(deps, "metrics", settings.metrics === null ? "metrics 9234" : "# metrics", settings.metrics !== null),
    },
  };
}

/** Lines have the last word, and options that nobody here may write are the owner's. */
function pasteOf(
  { sources, options, optionsFile }: FiguresRoutesDeps,
  group: Group,
  line: string,
  isOn: boolean,
): { readonly paste?: Paste } {
  const { conf } = sources();
  const own = conf.flatMap(linesOf).findLast(({ name }) => name.startsWith(group));
  if (own !== undefined) return { paste: { to: placeOf(own.origin), lines: [line] } };
  if (options !== null) return {};
  if (optionsFile !== null) return { paste: { to: basename(optionsFile), lines: [`${group}:`, `  active: ${!isOn}`] } };
  return { paste: { to: conf[0]?.file ?? "mosquitto.conf", lines: [line] } };
}

type Change = readonly [group: Group, change: RawObject];

/** @throws ApiError when it is not what can be changed. */
function changesIn(body: RawObject): readonly Change[] {
  return (["sensors", "metrics"] as const).flatMap((group): Change[] => {
    const wish = body[group];
    if (wish === undefined) return [];
    if (!isRawObject(wish)) throw unfitField(group, "Write active (true or false) in it.");
    const active = wish["active"];
    if (active !== undefined && typeof active !== "boolean") throw unfitField("active", "Write true or false.");
    const devices = group === "sensors" ? textsOf(wish, "devices") : null;
    if (devices !== null && devices.length > MAX_SENSOR_DEVICES) {
      throw unfitField("devices", `Choose at most ${MAX_SENSOR_DEVICES}.`);
    }
    return [[group, { ...(active === undefined ? {} : { active }), ...(devices === null ? {} : { devices }) }]];
  });
}

function groupIn(options: RawObject, group: Group): RawObject {
  const value = options[group];
  return isRawObject(value) ? value : {};
}

const WORDS = { sensors: "the sensors in Home Assistant", metrics: "the metrics for Prometheus" } as const;

function sentenceOf([group, { active, devices }]: Change): string {
  const done = [
    ...(active === undefined ? [] : [`switched ${WORDS[group]} ${active === true ? "on" : "off"}`]),
    ...(Array.isArray(devices) ? [`chose ${counted(devices.length, "device")} for ${WORDS[group]}`] : []),
  ];
  return done.join(", ");
}

function notOurs(group: Group, { to, lines }: Paste): ApiError {
  const message = `${capital(WORDS[group])} are switched in ${to}, and not here. Nothing has changed.`;
  return new ApiError("conflict", message, `Write there: ${lines.join(" ")}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
