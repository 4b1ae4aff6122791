import type { DynsecState, Effects, Group, Role } from "./types.ts";

/** Gathers whom the commands of a request concern. */
export interface EffectsUnderWay {
  /** A user's login or rights changed. */
  user(name: string, what: "login" | "rights"): void;
  /** The rights of all who are in a group changed. */
  group(group: Group): void;
  /** The rights of all who have a role, directly or through a group, changed. */
  role(role: Role): void;
  anonymous(): void;
  result(): Effects;
}

/** Starts with nobody. */
export function createEffects(state: DynsecState): EffectsUnderWay {
  const users = new Map<string, "login" | "rights">();
  let isAnonymous = false;
  const effects: EffectsUnderWay = {
    user(name, what) {
      if (users.get(name) !== "login") users.set(name, what);
    },
    group(group) {
      for (const { name } of group.clients.sorted()) effects.user(name, "rights");
      if (group === state.anonymousGroup) isAnonymous = true;
    },
    role(role) {
      for (const { name } of role.clients) effects.user(name, "rights");
      for (const group of role.groups) effects.group(group);
    },
    anonymous() {
      isAnonymous = true;
    },
    result: () => ({ users, anonymous: isAnonymous }),
  };
  return effects;
}
