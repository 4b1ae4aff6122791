import { textOf } from "./files.ts";

/** One instruction, continued lines joined: `RUN apk add nodejs` has the keyword "RUN". */
interface Instruction {
  readonly keyword: string;
  readonly value: string;
  /** Counts the FROM lines before it and with it; 0 before the first. */
  readonly stage: number;
}

/** Reads the Dockerfile's instructions, without comments. */
export function readDockerfile(): readonly Instruction[] {
  const lines = textOf("Dockerfile")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join("\n")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line !== "");
  let stage = 0;
  return lines.map((line) => {
    const [keyword = "", value = ""] = line.split(/\s+(.*)/s);
    if (keyword === "FROM") stage += 1;
    return { keyword, value, stage };
  });
}

/** What the last stage copies from the repository: paths of `[from, to]`, as the image has them. */
export function imageFiles(instructions: readonly Instruction[]): readonly (readonly [from: string, to: string])[] {
  const last = instructions.at(-1)?.stage;
  return instructions
    .filter(({ keyword, stage }) => keyword === "COPY" && stage === last)
    .map(({ value }) => {
      const [from = "", to = ""] = value.replace(/^--from=\w+ \/build\//, "").split(" ");
      return [from, to.endsWith("/") && from !== "rootfs" ? `${to}${from}` : to];
    });
}
