import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createLogger, DEFAULT_LOG_TYPES, EVERY_LOG_TYPE, TIME_PREFIX, type LogType } from "../../src/core/logger.ts";
import { createLogTargets } from "../../src/monitor/log-target.ts";
import type { LogDestination, LogSettings } from "../../src/settings/types.ts";
import { tempFolder } from "../helpers/temp.ts";

const DATED = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /gm;

/** What the program writes to standard output from here on. */
function watchOutput(stream: "stdout" | "stderr"): () => string {
  const spy = vi.spyOn(process[stream], "write").mockImplementation(() => true);
  onTestFinished(() => spy.mockRestore());
  return () => undated(spy.mock.calls.map(([text]) => String(text)).join(""));
}

function undated(text: string): string {
  return text.replace(DATED, "");
}

function read(path: string): string {
  return existsSync(path) ? undated(readFileSync(path, "utf8")) : "";
}

function settings(destinations: readonly LogDestination[], types: readonly LogType[] = DEFAULT_LOG_TYPES): LogSettings {
  return { types: new Set(types), destinations, timePrefix: TIME_PREFIX, connectionMessages: true };
}

function makeLog(format: "text" | "json" = "text") {
  const published: (readonly [topic: string, line: string])[] = [];
  const targets = createLogTargets({
    also: () => undefined,
    format,
    publish: (topic, line) => void published.push([topic, line]),
  });
  onTestFinished(() => targets.update(settings([])));
  return { log: createLogger(targets.current), update: targets.update, published };
}

describe("the log before any settings", () => {
  test("goes to standard output", () => {
    const output = watchOutput("stdout");
    const { log } = makeLog();
    log.notice({}, "starting");
    log.warn({}, "slow disk");
    log.debug({}, "packet");
    expect(output()).toBe("starting\nwarning: slow disk\n");
  });

  test("is one JSON object a line for machines", () => {
    const output = watchOutput("stdout");
    const { log } = makeLog("json");
    log.notice({ port: 1883 }, "starting");
    expect(JSON.parse(output())).toMatchObject({ type: "notice", message: "starting", port: 1883 });
  });
});

describe("standard streams", () => {
  test.each(["stdout", "stderr"] as const)("%s gets the lines when it is named", (kind) => {
    const other = watchOutput(kind === "stdout" ? "stderr" : "stdout");
    const output = watchOutput(kind);
    const { log, update } = makeLog();
    update(settings([{ kind }]));
    log.error({}, "no listener");
    expect(output()).toBe("error: no listener\n");
    expect(other()).toBe("");
  });

  test("one that is named twice gets each line once", () => {
    const output = watchOutput("stderr");
    const { log, update } = makeLog();
    update(settings([{ kind: "stderr" }, { kind: "stderr" }]));
    log.notice({}, "ready");
    expect(output()).toBe("ready\n");
  });

  test("no destination gets no line", () => {
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings([]));
    log.error({}, "no listener");
    expect(output()).toBe("");
  });
});

describe("the time before a line", () => {
  test("is as the settings have it, on every destination but JSON", () => {
    vi.useFakeTimers({ now: new Date(2026, 10, 20, 12, 3, 4), toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const spy = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
    onTestFinished(() => spy.mockRestore());
    const said = (format: "text" | "json", timePrefix: string): string => {
      const { log, update } = makeLog(format);
      update({ ...settings([{ kind: "stdout" }]), timePrefix });
      log.warn({}, "slow");
      return String(spy.mock.calls.at(-1)?.[0]);
    };
    expect(said("text", TIME_PREFIX)).toBe("2026-11-20 12:03:04 warning: slow\n");
    expect(said("text", "%H.%M: ")).toBe("12.03: warning: slow\n");
    expect(said("text", "")).toBe("warning: slow\n");
    expect(said("json", "")).toMatch(/^\{"time":"2026-11-/);
  });
});

describe("a log file", () => {
  test("gets the lines in their order", async () => {
    const path = join(tempFolder(), "culex.log");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path }]));
    log.notice({}, "first");
    log.error({}, "second");
    await vi.waitFor(() => expect(read(path)).toBe("first\nerror: second\n"));
  });

  test("keeps what an earlier run wrote", async () => {
    const path = join(tempFolder(), "culex.log");
    for (const line of ["first run", "second run"]) {
      const { log, update } = makeLog();
      update(settings([{ kind: "file", path }]));
      log.notice({}, line);
      // oxlint-disable-next-line no-await-in-loop -- the runs follow each other
      await vi.waitFor(() => expect(read(path)).toContain(line));
    }
    expect(read(path)).toBe("first run\nsecond run\n");
  });

  test("gets each line once however often the configuration is read, and no listener is left behind", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    onTestFinished(() => void process.off("warning", note));
    const path = join(tempFolder(), "culex.log");
    const { log, update } = makeLog();
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    for (const line of lines) {
      update(settings([{ kind: "file", path }]));
      log.notice({}, line);
    }
    await vi.waitFor(() => expect(read(path).split("\n").toSorted()).toEqual(["", ...lines].toSorted()));
    expect(warnings).toEqual([]);
  });

  test("is opened anew by an update, so that a renamed one is left alone", async () => {
    const folder = tempFolder();
    const path = join(folder, "culex.log");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path }]));
    log.notice({}, "before");
    await vi.waitFor(() => expect(read(path)).toBe("before\n"));
    renameSync(path, `${path}.1`);
    update(settings([{ kind: "file", path }]));
    log.notice({}, "after");
    await vi.waitFor(() => expect(read(path)).toBe("after\n"));
    expect(read(`${path}.1`)).toBe("before\n");
  });

  test("that is opened anew keeps the order of the lines", async () => {
    const path = join(tempFolder(), "culex.log");
    const { log, update } = makeLog();
    const before = Array.from({ length: 500 }, (_, index) => `before ${index}`);
    update(settings([{ kind: "file", path }]));
    for (const line of before) log.notice({}, line);
    update(settings([{ kind: "file", path }]));
    log.notice({}, "after");
    await vi.waitFor(() => expect(read(path)).toContain("after"));
    await vi.waitFor(() => expect(read(path)).toBe([...before, "after", ""].join("\n")));
  });

  test("that is no longer named gets no more lines, and those before it whole", async () => {
    const path = join(tempFolder(), "culex.log");
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path }]));
    log.notice({}, "to the file");
    update(settings([{ kind: "stdout" }]));
    log.notice({}, "to the terminal");
    await vi.waitFor(() => expect(read(path)).toBe("to the file\n"));
    expect(output()).toBe("to the terminal\n");
  });
});

describe("a log file that cannot be written", () => {
  test("is said, and standard output takes its place", async () => {
    const path = join(tempFolder(), "missing", "culex.log");
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path }]));
    const said = `warning: The log file ${path} cannot be written (ENOENT). Lines go to standard output. Check log_dest.\n`;
    await vi.waitFor(() => expect(output()).toBe(said));
    log.notice({}, "ready");
    expect(output()).toBe(`${said}ready\n`);
  });

  test("leaves a line on standard output once, where that is named as well", async () => {
    const path = join(tempFolder(), "missing", "culex.log");
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    for (let round = 1; round <= 3; round++) {
      update(settings([{ kind: "stdout" }, { kind: "file", path }]));
      // oxlint-disable-next-line no-await-in-loop -- each reload finds the file that failed before
      await vi.waitFor(() => expect(output().match(/cannot be written/g)).toHaveLength(round));
    }
    log.notice({}, "ready");
    expect(output().match(/^ready$/gm)).toHaveLength(1);
  });

  test("is two warnings for two files, and one line on standard output", async () => {
    const folder = tempFolder();
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings(["a", "b"].map((name) => ({ kind: "file", path: join(folder, "missing", name) }))));
    await vi.waitFor(() => expect(output().match(/cannot be written/g)).toHaveLength(2));
    log.notice({}, "ready");
    expect(output().match(/^ready$/gm)).toHaveLength(1);
  });

  test("is written again by the update that finds it writable", async () => {
    const folder = join(tempFolder(), "logs");
    const path = join(folder, "culex.log");
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path }]));
    await vi.waitFor(() => expect(output()).toContain("cannot be written"));
    mkdirSync(folder);
    update(settings([{ kind: "file", path }]));
    log.notice({}, "ready");
    await vi.waitFor(() => expect(read(path)).toBe("ready\n"));
    expect(output()).not.toContain("ready");
  });

  test.skipIf(!existsSync("/dev/full"))("for want of space is said with the first line", async () => {
    const output = watchOutput("stdout");
    const { log, update } = makeLog();
    update(settings([{ kind: "file", path: "/dev/full" }]));
    log.notice({}, "lost");
    await vi.waitFor(() => {
      expect(output()).toBe(
        "warning: The log file /dev/full cannot be written (ENOSPC). Lines go to standard output. Check log_dest.\n",
      );
    });
    log.notice({}, "kept");
    expect(output()).toMatch(/kept\n$/);
  });
});

describe("the log's topics", () => {
  test("carry each type as mosquitto's do, and debug never", () => {
    const { log, update, published } = makeLog();
    update(settings([{ kind: "topic" }], EVERY_LOG_TYPE));
    for (const type of EVERY_LOG_TYPE) log.log(type, {}, `a line of ${type}`);
    expect(published).toEqual([
      ["$SYS/broker/log/E", "a line of error"],
      ["$SYS/broker/log/W", "a line of warning"],
      ["$SYS/broker/log/N", "a line of notice"],
      ["$SYS/broker/log/I", "a line of information"],
      ["$SYS/broker/log/M/subscribe", "a line of subscribe"],
      ["$SYS/broker/log/M/unsubscribe", "a line of unsubscribe"],
    ]);
  });

  test("carry no line that publishing a line gives rise to, and the next one all the same", () => {
    const published: string[] = [];
    const targets = createLogTargets({
      also: () => undefined,
      format: "text",
      publish: (_topic, line) => {
        published.push(line);
        log.warn({}, "a subscriber is too slow");
      },
    });
    const log = createLogger(targets.current);
    targets.update(settings([{ kind: "topic" }]));
    log.notice({}, "first");
    log.notice({}, "second");
    expect(published).toEqual(["first", "second"]);
  });

  test("carry on after one line could not be published", () => {
    const published: string[] = [];
    const targets = createLogTargets({
      also: () => undefined,
      format: "text",
      publish: (_topic, line) => {
        if (line === "first") throw new Error("closed");
        published.push(line);
      },
    });
    const log = createLogger(targets.current);
    targets.update(settings([{ kind: "topic" }]));
    expect(() => log.notice({}, "first")).toThrow("closed");
    log.notice({}, "second");
    expect(published).toEqual(["second"]);
  });
});
