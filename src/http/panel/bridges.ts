import type { BridgeInfo, BridgeVerdict } from "../../core/api/bridges.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Problem } from "../../core/types.ts";
import { isPanelBridges, type PanelBridge } from "../../settings/panel-bridges.ts";
import type { BridgePlan, Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { createBridgeFile, placed, type BridgeFile, type BridgeFileDeps } from "./bridge-file.ts";
import { bridgeDetail, wantedLines } from "./bridge-lines.ts";
import { textOf } from "./fields.ts";
import { read, write, type Route } from "./route.ts";

/** How one connection to another broker is. */
export interface BridgeFacts {
  readonly name: string;
  readonly status: BridgeInfo["state"];
  readonly address: string;
  readonly sinceMs: number;
  readonly lastError: { readonly sentence: string; readonly atMs: number } | null;
  /** Messages that came in and went out since it was started. */
  readonly passed: { readonly in: number; readonly out: number };
}

/** What came of connecting once. */
export interface BridgeTrial {
  readonly steps: readonly {
    readonly step: BridgeVerdict["steps"][number]["step"];
    readonly isDone: boolean;
    readonly detail: string | null;
  }[];
  /** null: nothing went wrong. */
  readonly fault: { readonly sentence: string; readonly fix: string } | null;
}

export interface RunningBridgesDeps {
  readonly current: () => Pick<Snapshot, "bridges">;
  readonly states: () => readonly BridgeFacts[];
}

export interface BridgeRoutesDeps extends RunningBridgesDeps, BridgeFileDeps {
  readonly current: () => Pick<Snapshot, "bridges" | "settings">;
  /** Every fault that is known now. */
  readonly problems: () => readonly Problem[];
  /** Connects once, and carries nothing. */
  readonly trial: (plan: BridgePlan) => Promise<BridgeTrial>;
}

/** Trials that may run at one time. */
const MAX_TRIALS = 3;

/** The connections to other brokers, and changes of those that were made here. */
export function bridgeRoutes(deps: BridgeRoutesDeps): readonly Route[] {
  const file = createBridgeFile(deps);
  const about = { summary: "The connections to other brokers, and how they are", answer: "BridgeInfo[]" };
  const one = (name: string) => bridgeDetail(file.find(name));
  let trials = 0;
  return [
    read("/bridges", about, () => allBridges(deps, file.entries())),
    read("/bridges/{name}", { summary: "A bridge made in the panel", answer: "BridgeDetail" }, ({ param }) =>
      one(param("name")),
    ),
    write(
      "POST",
      "/bridges",
      { summary: "Makes a bridge", takes: "NewBridge", answer: "BridgeDetail" },
      async ({ body }) => {
        const name = textOf(body, "name");
        await file.change(async (entries) => {
          if (deps.current().settings.bridges.some((bridge) => bridge.name === name) || has(entries, name)) {
            throw taken(name);
          }
          const entry = { name, lines: wantedLines(body, []) };
          await file.plan(entry);
          return placed(entries, entry);
        });
        return { body: one(name), did: `made the bridge ${name}` };
      },
    ),
    write(
      "PATCH",
      "/bridges/{name}",
      {
        summary: "Changes a bridge made in the panel",
        takes: "BridgeChange",
        answer: "BridgeDetail",
        current: ({ param }) => one(param("name")),
      },
      async ({ param, body }) => {
        const name = param("name");
        await file.change(async (entries) => {
          const entry = { name, lines: wantedLines(body, file.find(name).lines) };
          await file.plan(entry);
          return placed(entries, entry);
        });
        return { body: one(name), did: `changed the bridge ${name}` };
      },
    ),
    write(
      "DELETE",
      "/bridges/{name}",
      {
        summary: "Takes a bridge away that was made in the panel",
        takes: null,
        answer: null,
        current: ({ param }) => one(param("name")),
      },
      async ({ param }) => {
        const { name } = file.find(param("name"));
        await file.change((entries) => entries.filter((entry) => entry.name !== name));
        return { did: `took the bridge ${name} away` };
      },
    ),
    write(
      "POST",
      "/bridges/{name}/test",
      {
        summary: "Connects once, with what is given in the place of what is there, and carries nothing",
        takes: "BridgeChange",
        answer: "BridgeVerdict",
      },
      async ({ param, body }) => {
        const name = param("name");
        if (trials >= MAX_TRIALS) throw busy();
        trials += 1;
        try {
          const verdict = await tried(await planFor(name, body, file, deps), deps);
          return { body: verdict, did: `tried the bridge ${name}: ${verdict.ok ? "it connects" : "it fails"}` };
        } finally {
          trials -= 1;
        }
      },
    ),
  ];
}

/** One entry for each bridge that runs, with what its lines say. */
export function bridgesOf({ current, states }: RunningBridgesDeps): readonly BridgeInfo[] {
  const plans = new Map(current().bridges.map(({ settings }) => [settings.name, settings]));
  return states().map(({ name, status, address, sinceMs, lastError, passed }) => {
    const settings = plans.get(name);
    return {
      name,
      address,
      state: status,
      since: new Date(sinceMs).toISOString(),
      ...(lastError === null
        ? {}
        : { lastError: lastError.sentence, lastErrorAt: new Date(lastError.atMs).toISOString() }),
      topics: (settings?.topics ?? []).map(({ direction, local, remote }) => `${direction} ${local} ↔ ${remote}`),
      ...passed,
      ...(settings === undefined ? {} : { where: settings.origin }),
      writable: settings !== undefined && isPanelBridges(settings.origin),
    };
  });
}

/** Those that run, and those made here that cannot. */
function allBridges(deps: BridgeRoutesDeps, own: readonly PanelBridge[]): readonly BridgeInfo[] {
  const running = bridgesOf(deps);
  return [...running, ...own.filter(({ name }) => !has(running, name)).map((entry) => off(entry, deps.problems()))];
}

/** A bridge made here that the broker could not start: a file that it names has gone, or another has its name. */
function off({ name, lines, origin }: PanelBridge, problems: readonly Problem[]): BridgeInfo {
  const first = origin.line ?? 0;
  const fault = problems.find(
    ({ where }) =>
      where?.file === origin.file &&
      where.line !== undefined &&
      where.line >= first &&
      where.line <= first + lines.length,
  );
  return {
    name,
    address: lines.find((line) => line.name === "address")?.value ?? "",
    state: "stopped",
    ...(fault === undefined ? {} : { lastError: `${fault.what} ${fault.now} ${fault.fix}` }),
    topics: lines.filter((line) => line.name === "topic").map(({ value }) => value),
    in: 0,
    out: 0,
    where: origin,
    writable: true,
  };
}

/** The bridge that is to be tried: as it runs, or as it would be with what the request says. */
async function planFor(
  name: string,
  body: RawObject,
  file: BridgeFile,
  { current }: Pick<BridgeRoutesDeps, "current">,
): Promise<BridgePlan> {
  const running = current().bridges.find(({ settings }) => settings.name === name);
  if (Object.keys(body).length === 0) return running ?? file.plan(file.find(name));
  const earlier = file.entries().find((entry) => entry.name === name);
  if (earlier === undefined && running !== undefined) throw taken(name);
  return file.plan({ name, lines: wantedLines(body, earlier?.lines ?? []) });
}

/** Under the client id of a bridge that runs the try would throw that one out. */
async function tried(plan: BridgePlan, { current, trial }: Pick<BridgeRoutesDeps, "current" | "trial">) {
  const { settings } = plan;
  const isInUse = current().bridges.some((other) => other.settings.remoteClientId === settings.remoteClientId);
  const clientId = isInUse ? `${settings.remoteClientId}-test` : settings.remoteClientId;
  const notifications = isInUse ? "off" : settings.notifications;
  const startedAtMs = performance.now();
  const { steps, fault } = await trial({ ...plan, settings: { ...settings, remoteClientId: clientId, notifications } });
  const address = settings.addresses[0];
  const place = address === undefined ? "" : `${address.host}:${address.port}`;
  const verdict: BridgeVerdict = {
    ok: fault === null,
    sentence: fault === null ? `${place} takes this bridge` : `${place}: this broker ${fault.sentence}`,
    ...(fault === null || fault.fix === "" ? {} : { fix: fault.fix }),
    clientId,
    steps: steps.map(({ step, isDone, detail }) => ({ step, ok: isDone, ...(detail === null ? {} : { detail }) })),
    ms: Math.round(performance.now() - startedAtMs),
  };
  return verdict;
}

function has(bridges: readonly { readonly name: string }[], name: string): boolean {
  return bridges.some((bridge) => bridge.name === name);
}

function taken(name: string): ApiError {
  return new ApiError("conflict", `There is a bridge ${name} already.`, "Choose another name.", { field: "name" });
}

function busy(): ApiError {
  return new ApiError("too_many", `${MAX_TRIALS} tries are under way.`, "Try again in some seconds.");
}
