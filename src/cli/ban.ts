import { codeOf, ConfigError } from "../core/errors.ts";
import { networkFault } from "../core/network.ts";
import { sentence } from "../core/problem.ts";
import { BAN_FILE, formatBans, type Ban } from "../settings/ban-file.ts";
import { parseExpiration } from "../settings/limits.ts";
import { readBanList, writeBanList } from "../snapshot/ban-list.ts";
import { askBroker, NO_FOLDER } from "./ask-broker.ts";
import type { BanCommand } from "./command.ts";
import { readMoment } from "./moment.ts";
import type { Snapshot } from "../snapshot/types.ts";

/**
 * Adds a ban to the file that a broker watches, takes one out of it, or lists what it says, and whom a running broker keeps
 * out by itself: it is asked by the socket of this name. Gives the exit code 0: done,
 * 1: there is no such ban, 2: the file has a fault, 78: the command or the configuration has.
 */
export async function ban(
  command: BanCommand,
  socketName: string,
  nowMs: number = Date.now(),
): Promise<0 | 1 | 2 | 78> {
  try {
    const { snapshot } = await readMoment(command);
    const { banFile } = snapshot.settings;
    if (banFile === null)
      return failed(78, `There is no list of bans. Write "ban_file ${BAN_FILE}" into the conf file.`);
    const { bans: inForce, problems } = await readBanList(banFile, nowMs);
    if (inForce === null) return failed(2, ...problems.map(sentence));
    if (command.action === "list") {
      process.stdout.write(formatBans(inForce));
      await listKeptOut(command, snapshot, socketName);
      return 0;
    }
    const { of, value } = command;
    const others = inForce.filter((known) => known.of !== of || known.value !== value);
    if (command.action === "remove") {
      if (others.length === inForce.length) return failed(1, `The ${of} ${value} is not banned.`);
      await writeBanList(banFile, others);
      process.stdout.write(`The ${of} ${value} is not banned any more.\n`);
      return 0;
    }
    const added = banOf(command, nowMs);
    if (typeof added === "string") return failed(78, added);
    await writeBanList(banFile, [...others, added]);
    process.stdout.write(`The ${of} ${value} is banned. A running broker takes it over by itself.\n`);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) return failed(78, ...error.problems.map(sentence));
    const code = codeOf(error);
    if (code === null) throw error;
    return failed(2, `The list of bans cannot be read or written (${code}). Run the command as the broker's user.`);
  }
}

/** The broker alone knows whom it keeps out for coming and going all the time. */
async function listKeptOut(command: BanCommand, snapshot: Snapshot, socketName: string): Promise<void> {
  if (snapshot.settings.limits.flappingCount === Infinity) return;
  const said = await askBroker(command, snapshot, socketName, { action: "kept-out" }).catch((error: unknown) => {
    if (codeOf(error) === null) throw error;
    return null;
  });
  if (said === NO_FOLDER || said === null) {
    process.stderr.write(NOT_ASKED);
    return;
  }
  for (const line of said.lines) process.stdout.write(`${line}\n`);
}

const NOT_ASKED =
  "No broker answers, so it is not known whom it keeps out by itself (flapping_count). What is listed is the file. The command reaches a broker that runs with a data folder, as its user.\n";

/** Gives a sentence where the command makes no ban. */
function banOf({ of, value, reason, duration }: Extract<BanCommand, { action: "add" }>, nowMs: number): Ban | string {
  const fault = of === "address" ? networkFault(value) : null;
  if (fault !== null) return `"${value}": ${fault}.`;
  const seconds = duration === null ? null : parseExpiration(duration);
  if (duration !== null && seconds === null) {
    return `--for ${duration} is not a time. Write a number and s, h, d, w, m or y: 14d is two weeks.`;
  }
  const untilMs = seconds === null ? null : nowMs + seconds * 1000;
  return { of, value, reason, untilMs, origin: { file: BAN_FILE } };
}

function failed<Code extends number>(code: Code, ...lines: readonly string[]): Code {
  process.stderr.write(`${lines.join("\n")}\n`);
  return code;
}
