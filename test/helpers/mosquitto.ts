import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, onTestFinished, vi } from "vitest";

interface Outcome {
  readonly code: number;
  readonly output: string;
}

/** Runs mosquitto_pub to its end; `input` is what it reads with -l. */
export function mosquittoPub(port: number, args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      "mosquitto_pub",
      ["-h", "127.0.0.1", "-p", String(port), ...args],
      { timeout: 20_000 },
      (error, stdout, stderr) => {
        const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
        resolve({ code, output: stdout + stderr });
      },
    );
    // refused at CONNECT it ends without reading
    child.stdin?.on("error", () => undefined).end(input);
  });
}

interface Subscriber {
  /** Lines "topic payload" received so far. */
  readonly messages: readonly string[];
  received(expected: readonly string[]): Promise<void>;
  /** SIGTERM lets it say DISCONNECT, SIGKILL does not. */
  kill(signal: NodeJS.Signals): void;
}

/** Starts mosquitto_sub and waits for its SUBACK. */
export async function mosquittoSub(port: number, args: readonly string[]): Promise<Subscriber> {
  const child = spawn("stdbuf", [
    "-oL",
    "mosquitto_sub",
    "-h",
    "127.0.0.1",
    "-p",
    String(port),
    "-d",
    "-F",
    "MSG %t %p",
    ...args,
  ]);
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => lines.push(line));
  await vi.waitFor(() => expect(lines.join("\n")).toMatch(/Subscribed|received SUBACK/), {
    timeout: 10_000,
    interval: 20,
  });
  const messages = (): readonly string[] => lines.flatMap((line) => (line.startsWith("MSG ") ? [line.slice(4)] : []));
  return {
    get messages() {
      return messages();
    },
    received: (expected) => vi.waitFor(() => expect(messages()).toEqual(expected), { timeout: 10_000, interval: 20 }),
    kill: (signal) => void child.kill(signal),
  };
}
