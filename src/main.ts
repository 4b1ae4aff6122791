#!/usr/bin/env node
import { parseCommand } from "./cli/command.ts";
import { USAGE } from "./cli/usage.ts";
import { prepareRuntime } from "./runtime.ts";
import { catchSignals } from "./signals.ts";

prepareRuntime();

// What a verb needs is loaded for that verb, behind the signals: a stop during the start is a stop, not a crash.
const command = parseCommand(process.argv.slice(2));
switch (command.verb) {
  case "run": {
    const signals = catchSignals();
    const { run } = await import("./run.ts");
    const { standAlone } = await import("./cli/stand-alone.ts");
    const { logFormat, verbose } = command;
    const context = {
      spec: standAlone(command),
      logFormat,
      verbose,
      importFrom: null,
      visitors: null,
      options: null,
      dynsecPassword: process.env["MOSQUITTO_DYNSEC_PASSWORD"] ?? null,
      problems: [],
      backends: () => [],
    };
    process.exitCode = await run(signals, () => context);
    break;
  }
  case "check": {
    const { check } = await import("./cli/check.ts");
    process.exitCode = await check(command);
    break;
  }
  case "explain": {
    const { explain } = await import("./cli/explain.ts");
    process.exitCode = await explain(command);
    break;
  }
  case "ban": {
    const { ban } = await import("./cli/ban.ts");
    const { CONTROL_SOCKET } = await import("./monitor/control-socket.ts");
    process.exitCode = await ban(command, CONTROL_SOCKET);
    break;
  }
  case "passwd": {
    const { passwd } = await import("./cli/passwd.ts");
    process.exitCode = await passwd(command.username);
    break;
  }
  case "trace": {
    const { trace } = await import("./cli/trace.ts");
    const { CONTROL_SOCKET } = await import("./monitor/control-socket.ts");
    process.exitCode = await trace(command, CONTROL_SOCKET);
    break;
  }
  case "api-key": {
    const { apiKey } = await import("./cli/api-key.ts");
    process.exitCode = apiKey(command.id);
    break;
  }
  case "backup": {
    const { backUp } = await import("./broker/storage/backup.ts");
    const { backup } = await import("./cli/backup.ts");
    process.exitCode = await backup(command, backUp);
    break;
  }
  case "import": {
    const parts = await import("./importing.ts");
    const { importFrom } = await import("./cli/import.ts");
    process.exitCode = await importFrom(command, parts, process.env);
    break;
  }
  case "help":
    process.stdout.write(USAGE);
    break;
  case "wrong":
    process.stderr.write(`culex: ${command.what}\n\n${USAGE}`);
    process.exitCode = 78;
    break;
}
