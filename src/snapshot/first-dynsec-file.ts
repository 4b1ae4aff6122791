import { randomBytes } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { placeOf } from "../core/problem.ts";
import { readRegularFile } from "../core/read-regular-file.ts";
import type { Problem } from "../core/types.ts";
import { createDynsecFile } from "../dynsec/file.ts";
import { firstDynsec } from "../dynsec/first-dynsec.ts";
import type { FileReference } from "../settings/types.ts";
import type { MakeFirstFile } from "./dynsec-keeper.ts";

interface FirstFileDeps {
  /** Makes a stored hash: `hashPassword` of src/auth/password.ts. */
  readonly hash: (password: string) => Promise<string>;
  /** What MOSQUITTO_DYNSEC_PASSWORD says; null: it is not set. */
  readonly environmentPassword: string | null;
  readonly log: Logger;
}

/** Where Mosquitto 2.1 looks for the first password when no file is named; containers set it. */
const PASSWORD_VARIABLE = "MOSQUITTO_DYNSEC_PASSWORD";

/** As many as Mosquitto asks for. */
const MIN_ENVIRONMENT_PASSWORD = 12;

/** 20 characters. */
const PASSWORD_BYTES = 10;

/**
 * Makes the file of a first start, with one administrator, as Mosquitto 2.1 does. Its password is that of the file
 * which the configuration names, that of the environment, or a random one, which is left in `<file>.pw` for the owner
 * alone to read.
 */
export function firstDynsecFile({ hash, environmentPassword, log }: FirstFileDeps): MakeFirstFile {
  return async (reference, passwordInitFile) => {
    try {
      // the one folder that may be missing is the app's own in /share
      await mkdir(dirname(reference.path)).catch((error: unknown) => {
        if (codeOf(error) !== "EEXIST") throw error;
      });
      const { password, source, advice } = await findPassword(reference, passwordInitFile, environmentPassword);
      if (password === "") return noPassword(passwordInitFile ?? reference, "is empty");
      if (source === PASSWORD_VARIABLE && password.length < MIN_ENVIRONMENT_PASSWORD) return shortPassword(reference);
      const name = reference.shown.slice(reference.shown.lastIndexOf("/") + 1);
      const problem = await createDynsecFile({ path: reference.path, shown: name }).save(
        firstDynsec(await hash(password), name),
      );
      if (problem !== null) return problem;
      log.warn(
        {},
        `${reference.shown} of dynamic security was not there. It was made with one client, "admin", whose password is in ${source}. Log in with it${advice}.`,
      );
      return null;
    } catch (error) {
      if (passwordInitFile !== null && isAbout(error, passwordInitFile.path)) {
        return noPassword(passwordInitFile, `cannot be read (${codeOf(error) ?? messageOf(error)})`);
      }
      return cannotMake(reference, codeOf(error) ?? messageOf(error));
    }
  };
}

interface FirstPassword {
  readonly password: string;
  /** Where it can be read. */
  readonly source: string;
  /** What to do once logged in, after "Log in with it". */
  readonly advice: string;
}

async function findPassword(
  { path, shown }: FileReference,
  file: FileReference | null,
  environmentPassword: string | null,
): Promise<FirstPassword> {
  const advice = ", set another password, and delete that file";
  if (file !== null) return { password: await firstLine(file.path), source: file.shown, advice };
  if (environmentPassword === null) return { password: await randomPassword(path), source: `${shown}.pw`, advice };
  return { password: environmentPassword, source: PASSWORD_VARIABLE, advice: " and set another password" };
}

async function randomPassword(path: string): Promise<string> {
  const password = randomBytes(PASSWORD_BYTES).toString("hex");
  await rm(`${path}.pw`, { force: true });
  // "wx": what somebody else puts there in between, a link for example, is not written to
  await writeFile(`${path}.pw`, `admin ${password}\n`, { mode: 0o600, flag: "wx" });
  return password;
}

async function firstLine(path: string): Promise<string> {
  return (await readRegularFile(path)).toString("utf8").split("\n", 1)[0]?.trim() ?? "";
}

function isAbout(error: unknown, path: string): boolean {
  return error instanceof Error && "path" in error && error.path === path;
}

function noPassword({ shown, origin }: FileReference, isWhat: string): Problem {
  return {
    severity: "error",
    what: `${placeOf(origin)}: the password file "${shown}" of dynamic security ${isWhat}.`,
    now: "No clients and roles are made.",
    fix: "Write the administrator's password into its first line.",
    where: origin,
  };
}

function shortPassword({ origin }: FileReference): Problem {
  return {
    severity: "error",
    what: `The password in ${PASSWORD_VARIABLE} has fewer than ${MIN_ENVIRONMENT_PASSWORD} characters.`,
    now: "",
    fix: "Set a longer one, or none: then a random one is made.",
    where: origin,
  };
}

function cannotMake({ shown, origin }: FileReference, error: string): Problem {
  return {
    severity: "error",
    what: `${shown} of dynamic security is not there and cannot be made (${error}).`,
    now: "",
    fix: "Create its folder, and let the broker write to it.",
    where: origin,
  };
}
