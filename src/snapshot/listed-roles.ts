import type { RoleInfo } from "../core/api/access.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { StageSettings } from "../settings/types.ts";
import type { Snapshot } from "./types.ts";

/** Lists the roles of dynamic security, and of the users in auth.yaml; of one user, with those of its groups, if told. */
export function listedRoles(
  { dynsec, settings }: Pick<Snapshot, "dynsec" | "settings">,
  user: string | null,
): readonly RoleInfo[] {
  return [
    ...(dynsec === null ? [] : ofDynsec(dynsec, user)),
    ...settings.auth.flatMap((stage) => ofStage(stage, user)),
  ];
}

function ofDynsec(
  { file, state, isIntact }: NonNullable<Snapshot["dynsec"]>,
  user: string | null,
): readonly RoleInfo[] {
  if (state === null) return [];
  const client = user === null ? null : state.clients.get(user);
  const links =
    client === null ? null : [...(client?.roles ?? []), ...(client?.groups ?? []).flatMap(({ group }) => group.roles)];
  const held = links === null ? null : new Set(links.map(({ role }) => role));
  return state.roles
    .sorted()
    .filter((role) => held === null || held.has(role))
    .map(({ name, acls, clients, groups }) => ({
      name,
      acls: acls.map(({ type, topic, priority, allow }) => ({ type, topic, priority, allow })),
      users: clients.size,
      groups: [...groups].map((group) => group.name),
      where: { file },
      writable: isIntact,
    }));
}

function ofStage({ type, settings, written }: StageSettings, user: string | null): readonly RoleInfo[] {
  if (type !== "users" || written === undefined || !isRawObject(settings)) return [];
  const users = objectsIn(settings["users"]);
  const holders = (name: unknown): readonly RawObject[] =>
    users.filter(({ roles }) => Array.isArray(roles) && roles.includes(name));
  return objectsIn(settings["roles"]).flatMap(({ name, permissions }, index) => {
    const held = holders(name);
    if (typeof name !== "string" || (user !== null && !held.some(({ username }) => username === user))) return [];
    return {
      name,
      acls: objectsIn(permissions).map(({ operation, resource }) => ({
        type: String(operation),
        topic: String(resource),
        priority: 0,
        allow: true,
      })),
      users: held.length,
      groups: [],
      where: written.placeOf(`/roles/${index}`),
      writable: false,
    };
  });
}

function objectsIn(list: unknown): readonly RawObject[] {
  return Array.isArray(list) ? list.filter(isRawObject) : [];
}
