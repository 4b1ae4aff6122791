#!/usr/bin/env node
import { check } from "./cli/check.ts";
import { parseCommand, USAGE } from "./cli/command.ts";
import { passwd } from "./cli/passwd.ts";
import { standAlone } from "./cli/stand-alone.ts";
import { EXIT_CONFIG, run } from "./run.ts";

const command = parseCommand(process.argv.slice(2));
switch (command.verb) {
  case "run":
    await run({
      spec: standAlone(command),
      logFormat: command.logFormat,
      verbose: command.verbose,
      problems: [],
      backends: () => [],
    });
    break;
  case "check":
    process.exitCode = await check(command);
    break;
  case "passwd":
    process.exitCode = await passwd(command.username);
    break;
  case "help":
    process.stdout.write(USAGE);
    break;
  case "wrong":
    process.stderr.write(`culex: ${command.what}\n\n${USAGE}`);
    process.exitCode = EXIT_CONFIG;
    break;
}
