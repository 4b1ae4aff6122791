import { resolve } from "node:path";
import { sentence } from "../core/problem.ts";
import type { ImportCommand } from "./command.ts";
import { type ImportOutcome, importReport } from "./import-report.ts";
import { readHidden } from "./read-hidden.ts";

interface Target {
  readonly store: string;
  readonly replaces: boolean;
}

/** What imports: made by the program, which knows the broker's files. */
interface Importers {
  importFile(file: string, target: Target): ImportOutcome;
  importRetained(name: string, address: Address, target: Target): Promise<ImportOutcome>;
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly username: string | null;
  readonly password: string | null;
}

/** Imports from a mosquitto.db or a running broker, and says what came over. Gives the exit code. */
export async function importFrom(
  { from, into, replaces }: ImportCommand,
  { importFile, importRetained }: Importers,
  env: NodeJS.ProcessEnv,
): Promise<0 | 2> {
  const target = { store: resolve(into), replaces };
  if (!/^mqtts?:\/\//.test(from)) return print(importFile(from, target));
  const address = addressIn(from);
  if (typeof address === "string") {
    process.stderr.write(`${address}\n`);
    return 2;
  }
  const password = address.username === null ? null : await passwordFrom(env, address.username);
  return print(await importRetained(from, { ...address, password }, target));
}

/** What an address says; a sentence when it cannot be used. */
function addressIn(text: string): Omit<Address, "password"> | string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const username = url === null ? null : decoded(url.username);
  if (url === null || username === null || url.hostname === "") {
    return `"${text}" is no address. Nothing was imported. Write it as mqtt://user@host:1883.`;
  }
  if (url.password !== "") {
    return "The address contains a password, which every user of this machine can read in the list of processes. Nothing was imported. Leave it out: it is asked for, or taken from CULEX_IMPORT_PASSWORD.";
  }
  const isTls = url.protocol === "mqtts:";
  return {
    // the brackets belong to the address, not to the host
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? (isTls ? 8883 : 1883) : Number(url.port),
    isTls,
    username: username === "" ? null : username,
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

async function passwordFrom(env: NodeJS.ProcessEnv, username: string): Promise<string> {
  return env["CULEX_IMPORT_PASSWORD"] ?? (await readHidden(process.stdin.isTTY ? `Password of ${username}: ` : ""));
}

function print(outcome: ImportOutcome): 0 | 2 {
  if (outcome.kind === "failed") {
    process.stderr.write(`${sentence(outcome.problem)}\n`);
    return 2;
  }
  process.stdout.write(`${importReport(outcome).join("\n")}\n`);
  return 0;
}
