import type { Block, ClientInfo } from "../../core/api/clients.ts";
import { codeOf } from "../../core/errors.ts";
import { networkFault, networkTest } from "../../core/network.ts";
import { sentence } from "../../core/problem.ts";
import { isReservedName } from "../../core/reserved-names.ts";
import type { Ban } from "../../settings/ban-file.ts";
import type { FileReference } from "../../settings/types.ts";
import { readBanList, writeBanList } from "../../snapshot/ban-list.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { pageOf } from "./page.ts";
import { type PanelRequest, read, type Route, write } from "./route.ts";

export interface BlockRoutesDeps {
  readonly current: () => Pick<Snapshot, "settings" | "bans">;
  readonly clients: () => readonly ClientInfo[];
  /** Users of Home Assistant itself, in lower case. */
  readonly reservedUsers: readonly string[];
  /** Takes the list over now, and not when its file is next looked at. */
  readonly changed: () => void;
  readonly now: () => number;
}

/** Whom the owner keeps out: the list of bans. */
export function blockRoutes(deps: BlockRoutesDeps): readonly Route[] {
  const { current, changed, now } = deps;
  // two changes at a time would lose one of them
  let changing: Promise<unknown> = Promise.resolve();
  const change = <T>(work: () => Promise<T>): Promise<T> => {
    const next = changing.then(work);
    changing = next.catch(() => undefined);
    return next;
  };

  return [
    read("/blocks", { summary: "Whom the owner keeps out", answer: "Page<Block>" }, ({ query }) =>
      pageOf((current().bans.loaded?.value ?? []).filter(isNow(now())).map(blockOf), query, LIST),
    ),
    write(
      "PUT",
      "/blocks/{kind}/{value}",
      { summary: "Keeps a user, a client (id) or an ip (address or network) out", takes: "NewBlock", answer: null },
      (request) =>
        change(async () => {
          const ban = banIn(request, now());
          refuseOwn(ban, deps);
          const { file, bans } = await listOf(deps);
          await writtenTo(file, [...bans.filter((other) => !isSame(other, ban)), ban]);
          changed();
          return { did: `blocked the ${nameOf(ban)}` };
        }),
    ),
    write(
      "DELETE",
      "/blocks/{kind}/{value}",
      { summary: "Lets somebody in again; who is not kept out is no fault", takes: null, answer: null },
      (request) =>
        change(async () => {
          const wanted = whoIn(request);
          const { file, bans } = await listOf(deps);
          const others = bans.filter((other) => !isSame(other, wanted));
          if (others.length === bans.length) return { did: null };
          await writtenTo(file, others);
          changed();
          return { did: `unblocked the ${nameOf(wanted)}` };
        }),
    ),
  ];
}

type Who = Pick<Ban, "of" | "value">;

const LIST = {
  texts: ({ kind, value, by, reason }: Block) => [kind, value, by ?? "", reason ?? ""],
  sorts: { value: ({ value }: Block) => value, kind: ({ kind }: Block) => kind, at: ({ at }: Block) => at ?? "" },
};

const KINDS = { user: "user", client: "client", ip: "address" } as const;

function whoIn({ param }: Pick<PanelRequest, "param">): Who {
  const [kind, value] = [param("kind"), param("value")];
  if (kind !== "user" && kind !== "client" && kind !== "ip") {
    throw new ApiError("invalid", `"${kind}" cannot be blocked.`, "Use user, client or ip.", { field: "kind" });
  }
  const fault = kind === "ip" ? networkFault(value) : null;
  if (fault !== null) throw new ApiError("invalid", `"${value}": ${fault}.`, "Correct it.", { field: "value" });
  return { of: KINDS[kind], value };
}

function banIn(request: PanelRequest, nowMs: number): Ban {
  const { reason = null, until = null } = request.body;
  if (reason !== null && typeof reason !== "string") {
    throw new ApiError("invalid", "reason: that is no text.", "Write a text, or leave it out.", { field: "reason" });
  }
  const untilMs = until === null ? null : typeof until === "string" ? Date.parse(until) : Number.NaN;
  if (untilMs !== null && !(untilMs > nowMs)) {
    const hint = "Write a moment such as 2030-12-24T12:00:00Z, or leave it out.";
    throw new ApiError("invalid", "until: that is no moment to come.", hint, { field: "until" });
  }
  const { of, value } = whoIn(request);
  return { of, value, reason, untilMs, by: request.by, atMs: nowMs, origin: { file: "" } };
}

/** An entry holds for everybody: the list must not cut Home Assistant off by a slip of the mouse. */
function refuseOwn({ of, value }: Ban, { reservedUsers, clients }: BlockRoutesDeps): void {
  const holds = of === "address" ? networkTest(value) : null;
  const isOwn = (user: string | null): boolean => user !== null && isReservedName(user, reservedUsers);
  const own = clients().find(
    ({ id, user, ip, state }) =>
      isOwn(user) && state === "connected" && (of === "client" ? id === value : holds?.(ip) === true),
  );
  if (own === undefined && !(of === "user" && isOwn(value))) return;
  const name = own?.user ?? value;
  throw new ApiError("conflict", `That would keep out ${name}, which is Home Assistant or its apps.`, "Block another.");
}

async function listOf({
  current,
  now,
}: BlockRoutesDeps): Promise<{ readonly file: FileReference; readonly bans: readonly Ban[] }> {
  const { banFile: file } = current().settings;
  if (file === null) {
    const hint = 'Write "ban_file bans.yaml" into the conf file.';
    throw new ApiError("conflict", "There is no list of bans.", hint);
  }
  const { bans, problems } = await readBanList(file, now()).catch((error: unknown) => {
    throw unusable(file, error);
  });
  if (bans !== null) return { file, bans };
  const [problem] = problems;
  throw new ApiError("conflict", problem === undefined ? "" : sentence(problem), "Correct the file first.");
}

async function writtenTo(file: FileReference, bans: readonly Ban[]): Promise<void> {
  await writeBanList(file, bans).catch((error: unknown) => {
    throw unusable(file, error);
  });
}

function unusable({ shown }: FileReference, error: unknown): unknown {
  const code = codeOf(error);
  if (code === null) return error;
  const hint = "Check that the broker may read and write it.";
  return new ApiError("unavailable", `The list of bans ${shown} cannot be read or written (${code}).`, hint);
}

function isSame(one: Who, other: Who): boolean {
  return one.of === other.of && one.value === other.value;
}

function isNow(nowMs: number): (ban: Ban) => boolean {
  return ({ untilMs }) => untilMs === null || untilMs > nowMs;
}

function blockOf({ of, value, reason, untilMs, by, atMs }: Ban): Block {
  return {
    kind: of === "address" ? "ip" : of,
    value,
    by: by ?? null,
    at: atMs === undefined ? null : new Date(atMs).toISOString(),
    reason,
    until: untilMs === null ? null : new Date(untilMs).toISOString(),
  };
}

function nameOf({ of, value }: Who): string {
  return `${of === "client" ? "client id" : of} ${value}`;
}
