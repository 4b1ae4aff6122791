import type { LoginOptions } from "./logins.ts";
import type { AnonymousSettings, AuthFile, AuthStage, StageSettings } from "./types.ts";

/** The stages that auth.yaml lists, or that lines of EMQ make; those of the options and files take from there what is theirs. */
export function writtenStages(
  { stages }: Pick<AuthFile, "stages">,
  logins: readonly LoginOptions[],
): readonly StageSettings[] {
  return stages.map((stage) => ({
    type: stage.type,
    settings: settingsOf(stage, logins),
    onBadPassword: stage.onBadPassword,
    written: { terms: stage.terms, placeOf: stage.placeOf, faults: stage.faults ?? [] },
  }));
}

/** What a stage "anonymous" in auth.yaml gives: it must be named there to count, and reads if nothing else is said. */
export function writtenAnonymous(
  authFile: AuthFile | null,
  asUsual: AnonymousSettings | null,
): AnonymousSettings | null {
  if (authFile === null) return asUsual;
  const stage = authFile.stages.find(({ type }) => type === "anonymous");
  return stage === undefined ? null : (asUsual ?? { rights: "read", origin: stage.placeOf("") });
}

function settingsOf({ type, settings }: AuthStage, logins: readonly LoginOptions[]): unknown {
  switch (type) {
    case "logins":
      return { logins };
    case "anonymous":
      return { acceptsUserNames: false };
    default:
      return settings;
  }
}
