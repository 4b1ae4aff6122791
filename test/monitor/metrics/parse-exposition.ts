import { expect } from "vitest";

/** What a page of figures says: each sample by its name with its labels, as they stand there. */
export interface Parsed {
  readonly samples: ReadonlyMap<string, number>;
  readonly types: ReadonlyMap<string, string>;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)$`);

/** Reads the text format 0.0.4 of Prometheus, as strictly as its description lets, and checks the rules for names. */
export function parseExposition(text: string): Parsed {
  expect(text.endsWith("\n")).toBe(true);
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  let family = "";
  const lines = text.slice(0, -1).split("\n");
  for (const [index, line] of lines.entries()) {
    const [, helped] = new RegExp(`^# HELP (${NAME}) \\S.*$`).exec(line) ?? [];
    if (helped !== undefined) {
      // each has its lines together, and once
      expect(types.has(helped), line).toBe(false);
      expect(lines[index + 1]).toMatch(new RegExp(`^# TYPE ${helped} (counter|gauge)$`));
      expect(lines[index + 2], `${helped} has a sample`).toMatch(SAMPLE);
      family = helped;
      continue;
    }
    const [, typed, type = ""] = new RegExp(`^# TYPE (${NAME}) (\\w+)$`).exec(line) ?? [];
    if (typed !== undefined) {
      expect(typed).toBe(family);
      expect(typed.endsWith("_total"), `${typed} is a ${type}`).toBe(type === "counter");
      types.set(typed, type);
      continue;
    }
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    expect(name, line).toBe(family);
    expect(samples.has(name + labels), line).toBe(false);
    samples.set(name + labels, Number(value));
  }
  return { samples, types };
}
