import { basename } from "node:path";
import type { ConfigInfo, ConfigProblem } from "../../core/api/system.ts";
import type { Problem } from "../../core/types.ts";
import type { ConfFile } from "../../settings/types.ts";
import type { Snapshot, Sources } from "../../snapshot/types.ts";
import { textOf } from "../json.ts";
import { ApiError } from "./api-error.ts";
import { settingsOf } from "./config-settings.ts";
import { read, write, type PanelRequest, type Route } from "./route.ts";

export interface ConfigRoutesDeps {
  readonly current: () => Snapshot;
  /** What was read last. */
  readonly sources: () => Sources;
  /** Every fault that is known now. */
  readonly problems: () => readonly Problem[];
  /** Every fault there would be if a file had this text; null: it is no file of the configuration. */
  readonly check: (file: string, text: string) => Promise<readonly Problem[] | null>;
}

/** The configuration as it is in force, and what another text would do. */
export function configRoutes(deps: ConfigRoutesDeps): readonly Route[] {
  return [
    read("/config", { summary: "The settings in force, and where they come from", answer: "ConfigInfo" }, () =>
      configOf(deps),
    ),
    write(
      "POST",
      "/config/check",
      {
        summary: "What the broker would say of a file with another text",
        takes: "ConfigCheck",
        answer: "ConfigProblem[]",
      },
      async (request) => ({ body: await checkText(deps, request), did: null }),
    ),
  ];
}

/** The settings, files and faults. */
export function configOf({
  current,
  sources,
  problems,
}: Pick<ConfigRoutesDeps, "current" | "sources" | "problems">): ConfigInfo {
  const found = sources();
  const moment = current();
  return {
    loadedAt: new Date(moment.builtAtMs).toISOString(),
    files: filesOf(found, moment),
    settings: settingsOf({ ...found, conf: [...found.conf, ...panelConf(found)] }, problems()),
    problems: problems().map(shownProblem),
  };
}

function filesOf(sources: Sources, { acl, passwordFile, bans, http, dynsec }: Snapshot): ConfigInfo["files"] {
  const { options, optionsReadAtMs, conf, confReadAtMs, authFile, authFileReadAtMs, readAtMs } = sources;
  const file = (name: string, atMs: number, ok = atMs === readAtMs): ConfigInfo["files"][number] => {
    return { file: name, loadedAt: new Date(atMs).toISOString(), ok, canBeChecked: true };
  };
  return [
    ...(options === null ? [] : [file(options.file, optionsReadAtMs)]),
    ...conf.flatMap(confFiles).map((name) => file(name, confReadAtMs)),
    ...panelConf(sources).map((conf) => file(conf.file, sources.panelBridges?.readAtMs ?? readAtMs)),
    ...(authFile === null ? [] : [file("auth.yaml", authFileReadAtMs)]),
    ...[acl, passwordFile, bans.loaded, http?.keys ?? null].flatMap((loaded) =>
      loaded === null ? [] : [file(basename(loaded.path), loaded.loadedAtMs)],
    ),
    ...(dynsec === null ? [] : [{ ...file(dynsec.file, readAtMs, dynsec.isIntact), canBeChecked: false }]),
  ];
}

/** The file that the panel writes, once something is in it. */
function panelConf({ panelBridges }: Pick<Sources, "panelBridges">): readonly ConfFile[] {
  return panelBridges === null || panelBridges.conf.directives.length === 0 ? [] : [panelBridges.conf];
}

function confFiles({ file, includes }: ConfFile): readonly string[] {
  return [file, ...[...includes.values()].flat().flatMap(confFiles)];
}

function shownProblem({ severity, what, now, fix, where }: Problem): ConfigProblem {
  return { severity, what, now, fix, ...(where === undefined ? {} : { where }) };
}

async function checkText({ check }: ConfigRoutesDeps, { body }: PanelRequest): Promise<readonly ConfigProblem[]> {
  const file = textOf(body["file"]);
  const text = textOf(body["text"]);
  if (file === null) throw missing("file");
  if (text === null) throw missing("text");
  const problems = await check(file, text);
  if (problems === null) {
    throw new ApiError("not_found", `"${file}" is no file of the configuration.`, "See files in api/v1/config.", {
      field: "file",
    });
  }
  return problems.map(shownProblem);
}

function missing(field: string): ApiError {
  return new ApiError("invalid", `${field} is missing, or no text.`, "Send {file, text}.", { field });
}
