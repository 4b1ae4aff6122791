import { load, YAMLException } from "js-yaml";
import { messageOf } from "../core/errors.ts";
import { jsonFaultLine } from "../core/json-line.ts";
import { isRawObject, type RawObject } from "../core/raw-object.ts";
import type { Problem } from "../core/types.ts";

/** Parses an options file, as YAML when its name ends in .yaml or .yml, else as JSON. */
export function parseOptionsText(text: string, file: string): { options: RawObject | null; problems: Problem[] } {
  const source = text.replace(/^\uFEFF/, "");
  const format = /\.ya?ml$/i.test(file) ? "YAML" : "JSON";
  let value: unknown;
  try {
    value = format === "YAML" ? load(source) : JSON.parse(source);
  } catch (error) {
    return broken(format, file, format === "YAML" ? yamlLine(error) : jsonFaultLine(source, messageOf(error)));
  }
  if (isRawObject(value)) return { options: value, problems: [] };
  const what = `${file} holds no options: it must be one object of names and values.`;
  return { options: null, problems: [unusable(file, what, 'Write at least "{}", or the options by name.')] };
}

// The parsers' own messages quote what stands near the fault, which may be a password: only the line is taken.
function broken(format: string, file: string, line: number | null): { options: null; problems: Problem[] } {
  const place = line === null ? file : `${file} line ${line}`;
  const fix = `Look for a missing quote, comma or bracket${format === "YAML" ? ", or wrong indentation," : ""} at or above it.`;
  const problem = unusable(file, `${place}: this is not valid ${format}.`, fix);
  return { options: null, problems: [line === null ? problem : { ...problem, where: { file, line } }] };
}

function unusable(file: string, what: string, fix: string): Problem {
  return { severity: "error", what, now: "No option in it is used.", fix, where: { file } };
}

function yamlLine(error: unknown): number | null {
  return error instanceof YAMLException && error.mark !== undefined ? error.mark.line + 1 : null;
}
