import type { BackendInfo, BackendVerdict } from "../../core/api/access.ts";
import { BackendError } from "../../core/errors.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Authenticator, Credentials } from "../../core/types.ts";
import { listed } from "../../core/words.ts";
import type { StageFigures, StageLedger } from "../../auth/figures.ts";
import { findUnfit } from "../../auth/sanity.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { optionalTextOf, unfitField } from "./fields.ts";
import { read, write, type Route } from "./route.ts";

export interface BackendRoutesDeps {
  readonly current: () => Pick<Snapshot, "loginStages" | "settings">;
  readonly ledger: Pick<StageLedger, "read" | "errors">;
}

/** Longest that a test takes. */
const TIMEOUT_MS = 30_000;

/** Where logins come from, how it goes there, and a try. */
export function backendRoutes(deps: BackendRoutesDeps): readonly Route[] {
  const about = { summary: "Tries a login at one source; it counts for nobody", takes: "BackendTrial" };
  return [
    read("/backends", { summary: "The login sources in the order they are asked", answer: "BackendInfo[]" }, () =>
      backendsOf(deps),
    ),
    write("POST", "/backends/{name}/test", { ...about, answer: "BackendVerdict" }, async ({ param, body }) => {
      const stage = deps.current().loginStages.find(({ authenticator }) => authenticator.name === param("name"));
      if (stage === undefined) {
        throw new ApiError("not_found", `There is no login source ${param("name")}.`, "Load the list again.");
      }
      const credentials = credentialsIn(body, deps);
      const verdict = await tryAt(stage.authenticator, credentials);
      const { name } = stage.authenticator;
      return {
        body: verdict,
        did: `tried a login of ${credentials.username ?? "nobody"} at ${name}: ${verdict.verdict}`,
      };
    }),
  ];
}

/** Listeners with logins of their own ask the same sources: each is shown once. */
function backendsOf({ current, ledger }: BackendRoutesDeps): readonly BackendInfo[] {
  const figures = ledger.read();
  const errors = ledger.errors();
  const types = new Map(current().loginStages.map(({ type, authenticator }) => [authenticator.name, type]));
  return [...types].map(([name, type]) => infoOf(name, type, figures.get(name) ?? null, errors.get(name) ?? null));
}

function infoOf(name: string, type: string, figures: StageFigures | null, error: string | null): BackendInfo {
  const { asked = 0, yes = 0, no = 0, failed = 0, totalMs = 0 } = figures ?? {};
  return {
    name,
    type,
    asked,
    allowed: yes,
    refused: no,
    failed,
    state: asked === 0 ? "unused" : error === null ? "ok" : "failing",
    ...(error === null ? {} : { lastError: withoutName(name, error) }),
    ...(asked === 0 ? {} : { latencyMs: Math.round((totalMs / asked) * 10) / 10 }),
  };
}

function credentialsIn(body: RawObject, { current }: BackendRoutesDeps): Credentials {
  const password = optionalTextOf(body, "password");
  const names = current().settings.listeners.map(({ name }) => name);
  const listener = optionalTextOf(body, "listener") ?? names[0] ?? "";
  if (!names.includes(listener)) throw unfitField("listener", `Choose ${listed(names, "or")}.`);
  return {
    clientId: optionalTextOf(body, "clientId") ?? "panel-test",
    username: optionalTextOf(body, "username"),
    password: password === null ? null : Buffer.from(password),
    certificate: null,
    listener,
    address: "127.0.0.1",
  };
}

async function tryAt(source: Authenticator, credentials: Credentials): Promise<BackendVerdict> {
  const startedAtMs = performance.now();
  const told = (verdict: BackendVerdict["verdict"], sentence: string): BackendVerdict => {
    return { verdict, sentence, ms: Math.round(performance.now() - startedAtMs) };
  };
  const unfit = findUnfit(credentials);
  if (unfit !== null) return told("deny", unfit.sentence);
  try {
    const { verdict, reason } = await source.authenticate(credentials, AbortSignal.timeout(TIMEOUT_MS));
    return told(verdict, verdict === "allow" ? "it lets this login in" : reason.sentence);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return told("failed", withoutName(source.name, error.message));
  }
}

/** "house: house: http://192.0.2.4/auth: no answer" names its stage for the log, once for each hand it went through. */
function withoutName(name: string, error: string): string {
  const prefix = `${name}: `;
  return error.startsWith(prefix) ? withoutName(name, error.slice(prefix.length)) : error;
}
