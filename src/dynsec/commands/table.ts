import { CLIENT_COMMANDS } from "./clients.ts";
import type { Command } from "./command.ts";
import { DEFAULT_COMMANDS } from "./defaults.ts";
import { GROUP_COMMANDS } from "./groups.ts";
import { RIGHTS_COMMANDS, SELF_COMMANDS } from "./rights.ts";
import { ROLE_COMMANDS } from "./roles.ts";

/** A command with its name as it is written. */
export interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

/** Commands by their names in lower case. */
export type CommandTable = ReadonlyMap<string, NamedCommand>;

/** Every command of an administrator. */
export const COMMANDS = tableOf({
  ...DEFAULT_COMMANDS,
  ...CLIENT_COMMANDS,
  ...GROUP_COMMANDS,
  ...ROLE_COMMANDS,
  ...RIGHTS_COMMANDS,
});

/** The commands of a client about itself. */
export const OWN_COMMANDS = tableOf(SELF_COMMANDS);

function tableOf(commands: Readonly<Record<string, Command>>): CommandTable {
  return new Map(Object.entries(commands).map(([name, command]) => [name.toLowerCase(), { name, command }]));
}
