import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import type { Paste, UserInfo, UserSecret } from "../../core/api/access.ts";
import type { OptionStore } from "../../core/option-store.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { reservedNameOf } from "../../core/reserved-names.ts";
import { placeOf } from "../../core/problem.ts";
import { DYNSEC } from "../../snapshot/dynsec-login.ts";
import type { Snapshot } from "../../snapshot/types.ts";
import { ApiError } from "./api-error.ts";
import { changeOptions } from "./change-options.ts";

export interface AccountsDeps {
  readonly current: () => Snapshot;
  readonly users: () => readonly UserInfo[];
  readonly reservedUsers: readonly string[];
  /** Carries out commands of dynamic security; gives what was wrong, or null. */
  readonly runCommands: (commands: readonly RawObject[], by: string) => Promise<string | null>;
  /** null: they are the owner's alone. */
  readonly options: OptionStore | null;
  /** Makes a stored hash without holding the event loop. */
  readonly hash: (password: string) => Promise<string>;
  /** Makes current what is in the files; ends when it is. */
  readonly reload: (cause: string) => Promise<void>;
}

/** A user that is to be made, with the commands that come first where it goes to dynamic security. */
export interface Account {
  readonly username: string;
  /** null: one is made. */
  readonly password: string | null;
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly before?: readonly RawObject[];
}

/** Where users can be written: in dynamic security, in the options, or by the owner in a password file. */
export interface Accounts {
  /** Where a new user would go; null: there is no such place. */
  home(): "dynsec" | "option" | "file" | null;
  add(account: Account, by: string): Promise<UserSecret>;
  /** `source`: which of the users of that name is meant; null: the one that can be changed. */
  setPassword(username: string, password: string | null, source: string | null, by: string): Promise<UserSecret>;
  remove(username: string, by: string): Promise<void>;
  /** Carries out commands of dynamic security. @throws ApiError with what is wrong. */
  command(commands: readonly RawObject[], by: string): Promise<void>;
  /** The user of that name that can be changed, or else the first. @throws ApiError when there is none. */
  find(username: string): UserInfo;
}

/** Makes the one that writes users. */
export function createAccounts(deps: AccountsDeps): Accounts {
  const { current, users, reservedUsers, runCommands, options, hash, reload } = deps;

  const command: Accounts["command"] = async (commands, by) => {
    if (current().dynsec === null) throw noDynsec();
    const error = await runCommands(commands, by);
    if (error !== null) throw new ApiError("conflict", `${error}.`, "Load the list again and look at what is there.");
  };

  const home: Accounts["home"] = () => {
    const { dynsec, settings } = current();
    // an auth.yaml need not ask all there are
    const asks = new Set(settings.auth.map(({ type }) => type));
    if (asks.has(DYNSEC) && dynsec !== null && dynsec.isIntact && dynsec.state !== null) return "dynsec";
    if (asks.has("logins") && options !== null) return "option";
    return asks.has("password-file") && settings.passwordFile !== null ? "file" : null;
  };

  const find = (username: string, from: string | null = null): UserInfo => {
    const named = users().filter(({ name, source }) => name === username && (from === null || source === from));
    const user = named.find(({ writable }) => writable) ?? named[0];
    if (user === undefined)
      throw new ApiError("not_found", `Nobody is called ${username} here.`, "Load the list again.");
    return user;
  };

  const editLogins = async (edit: (logins: readonly unknown[]) => readonly unknown[]): Promise<void> => {
    if (options === null) throw readOnly("the options", "Change them where you keep them.");
    await changeOptions(options, (all) => {
      const logins: unknown = all["logins"] ?? [];
      return { ...all, logins: edit(Array.isArray(logins) ? logins : []) };
    });
    await reload("the panel");
  };

  /** The line of a password file, which only its owner writes. */
  const pasted = async (file: string, username: string, password: string): Promise<readonly Paste[]> => {
    if (/^#|:/.test(username)) throw unfit(username, 'A name in a password file has no ":", and no "#" in front.');
    return [{ to: file, lines: [`${username}:${await hash(password)}`] }];
  };

  return {
    home,
    command,
    find: (username) => find(username),
    async add({ username, password: wanted, roles, groups, before = [] }, by) {
      checkName(username, reservedUsers);
      if (users().some(({ name, source }) => name === username && !isElsewhere(source))) throw taken(username);
      const password = wanted ?? newPassword();
      const place = home();
      if (place !== "dynsec" && roles.length + groups.length > 0) throw noDynsec();
      switch (place) {
        case "dynsec": {
          const named = { roles: roles.map(roleLink), groups: groups.map((groupname) => ({ groupname })) };
          await command([...before, { command: "createClient", username, password, ...named }], by);
          return { username, password };
        }
        case "option": {
          const entry = { username, password: await hash(password), password_pre_hashed: true };
          await editLogins((logins) => {
            if (logins.some((login) => isOf(login, username))) throw taken(username);
            return [...logins, entry];
          });
          return { username, password };
        }
        case "file": {
          const file = current().settings.passwordFile?.shown ?? "";
          return { username, password, paste: await pasted(file, username, password) };
        }
        case null:
          throw new ApiError(
            "conflict",
            "There is no place where users could be written.",
            "Switch on dynamic security, or name a password file in the configuration.",
          );
      }
    },
    async setPassword(username, wanted, source, by) {
      const user = find(username, source);
      const password = wanted ?? newPassword();
      if (user.source === "dynsec") {
        await command([{ command: "setClientPassword", username, password }], by);
        return { username, password };
      }
      if (user.source === "option" && user.writable) {
        const entry = { password: await hash(password), password_pre_hashed: true };
        await editLogins((logins) => logins.map((login) => (isOf(login, username) ? { ...login, ...entry } : login)));
        return { username, password };
      }
      const { passwordFile } = current();
      if (user.source === "file" && passwordFile?.value.some((login) => login.username === username) === true) {
        return { username, password, paste: await pasted(basename(passwordFile.path), username, password) };
      }
      throw notOurs(user);
    },
    async remove(username, by) {
      const user = find(username);
      if (!user.writable) throw notOurs(user);
      if (user.source === "dynsec") await command([{ command: "deleteClient", username }], by);
      else await editLogins((logins) => logins.filter((login) => !isOf(login, username)));
    },
  };
}

/** 24 characters that neither firmware nor addresses misread. */
function newPassword(): string {
  return randomBytes(18).toString("base64url");
}

/** A role as commands name it. */
export function roleLink(rolename: string): RawObject {
  return { rolename };
}

/** Why somebody cannot have roles and groups. */
export function notOfDynsec(username: string): ApiError {
  return new ApiError(
    "conflict",
    `The user ${username} is not one of dynamic security.`,
    "Only its users have roles and groups, and can be disabled.",
  );
}

/** A login here comes before one of the same name at a service, as the owner has the sources in order. */
function isElsewhere(source: UserInfo["source"]): boolean {
  return source === "ha" || source === "backend";
}

function isOf(login: unknown, username: string): login is RawObject {
  return isRawObject(login) && login["username"] === username;
}

function checkName(username: string, reservedUsers: readonly string[]): void {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (username.trim() !== username || username === "" || /[\u0000-\u001f\u007f-\u009f]/.test(username)) {
    throw unfit(username, "Use letters, digits, - and _.");
  }
  const reserved = reservedNameOf(username, reservedUsers);
  if (reserved !== null) throw unfit(username, `The name ${reserved} is reserved; choose another one.`);
}

function taken(username: string): ApiError {
  return new ApiError("conflict", `There is a user ${username} already.`, "Choose another name.", {
    field: "username",
  });
}

function unfit(username: string, hint: string): ApiError {
  return new ApiError("invalid", `"${username}" cannot be the name of a user.`, hint, { field: "username" });
}

/** Why roles and groups cannot be used. */
function noDynsec(): ApiError {
  return new ApiError(
    "conflict",
    "Dynamic security is switched off, so there are no roles and groups.",
    "Switch on the option dynamic_security, or name its plugin in the conf file.",
  );
}

function notOurs({ name, where, source }: UserInfo): ApiError {
  if (source === "internal") return readOnly(`The user ${name}`, "Its password is made by the broker.");
  return readOnly(
    `The user ${name}`,
    where === undefined ? "Change it where it is kept." : `Change it in ${placeOf(where)}.`,
  );
}

function readOnly(what: string, hint: string): ApiError {
  return new ApiError("conflict", `${what} cannot be changed from here.`, hint);
}
