import type { UserInfo } from "../../core/api/access.ts";
import type { RawObject } from "../../core/raw-object.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { notOfDynsec, type Accounts } from "./accounts.ts";
import { optionalTextOf, textOf, textsOf, unfitField } from "./fields.ts";
import { pageOf } from "./page.ts";
import { read, write, type Route } from "./route.ts";

export interface UserRoutesDeps {
  readonly current: () => Snapshot;
  readonly users: () => readonly UserInfo[];
  readonly accounts: Accounts;
}

/** The users of all sources, and changes of those that are ours to change. */
export function userRoutes({ current, users, accounts }: UserRoutesDeps): readonly Route[] {
  const secret = { takes: "NewUser", answer: "UserSecret" };
  return [
    read("/users", { summary: "The users of all sources", answer: "Page<UserInfo>" }, ({ query }) =>
      pageOf(users(), query, {
        texts: ({ name, source, roles, groups }) => [name, source, ...roles, ...groups],
        sorts: { name: ({ name }) => name, source: ({ source }) => source },
      }),
    ),
    read("/users/{name}", { summary: "One user", answer: "UserInfo" }, ({ param }) => accounts.find(param("name"))),
    write("POST", "/users", { summary: "Makes a user; its password is told once", ...secret }, async ({ body, by }) => {
      const made = await accounts.add(
        {
          username: textOf(body, "username"),
          password: optionalTextOf(body, "password"),
          roles: textsOf(body, "roles") ?? [],
          groups: textsOf(body, "groups") ?? [],
        },
        by,
      );
      const did = made.paste === undefined ? `made the user ${made.username}` : `made a password for ${made.username}`;
      return { body: made, did };
    }),
    write(
      "PATCH",
      "/users/{name}",
      {
        summary: "Changes whether a user may log in, its roles and groups",
        takes: "UserChange",
        answer: "UserInfo",
        current: ({ param }) => accounts.find(param("name")),
      },
      async ({ param, body, by }) => {
        const username = param("name");
        await accounts.command(changesOf(username, body, current()), by);
        return { body: accounts.find(username), did: `changed the user ${username}` };
      },
    ),
    write(
      "DELETE",
      "/users/{name}",
      {
        summary: "Takes a user away",
        takes: null,
        answer: null,
        current: ({ param }) => accounts.find(param("name")),
      },
      async ({ param, by }) => {
        await accounts.remove(param("name"), by);
        return { did: `took the user ${param("name")} away` };
      },
    ),
    write(
      "POST",
      "/users/{name}/password",
      { summary: "Gives a user a new password, which is told once", takes: "UserPassword", answer: "UserSecret" },
      async ({ param, body, by }) => {
        const source = optionalTextOf(body, "source");
        const changed = await accounts.setPassword(param("name"), optionalTextOf(body, "password"), source, by);
        const did = changed.paste === undefined ? "gave a new password to" : "made a password for";
        return { body: changed, did: `${did} the user ${changed.username}` };
      },
    ),
  ];
}

/** The commands for what is to be another; links that stay keep their priority. */
function changesOf(username: string, body: RawObject, { dynsec }: Snapshot): readonly RawObject[] {
  const client = dynsec?.state?.clients.get(username);
  if (client === undefined) throw notOfDynsec(username);
  const disabled = body["disabled"];
  if (disabled !== undefined && typeof disabled !== "boolean") throw unfitField("disabled", "Write true or false.");
  const roles = textsOf(body, "roles");
  const groups = textsOf(body, "groups");
  const links = {
    ...(roles === null
      ? {}
      : {
          roles: roles.map((rolename) => {
            const link = client.roles.find(({ role }) => role.name === rolename);
            return { rolename, priority: link?.priority ?? -1 };
          }),
        }),
    ...(groups === null
      ? {}
      : {
          groups: groups.map((groupname) => {
            const link = client.groups.find(({ group }) => group.name === groupname);
            return { groupname, priority: link?.priority ?? -1 };
          }),
        }),
  };
  return [
    ...(roles === null && groups === null ? [] : [{ command: "modifyClient", username, ...links }]),
    ...(disabled === undefined ? [] : [{ command: disabled ? "disableClient" : "enableClient", username }]),
  ];
}
