import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Reads a line of standard input; on a terminal `prompt` is shown, and what is typed is not. */
export function readHidden(prompt: string): Promise<string> {
  const isTerminal = process.stdin.isTTY;
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  return new Promise((resolve) => {
    let answer = "";
    lines.once("line", (line) => {
      answer = line;
      lines.close();
    });
    lines.once("close", () => {
      if (isTerminal) process.stderr.write("\n");
      resolve(answer);
    });
  });
}
