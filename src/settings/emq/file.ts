import { basename } from "node:path";
import { placeOf } from "../../core/problem.ts";
import { linesOf } from "../../core/text.ts";
import type { Origin, Problem } from "../../core/types.ts";
import { findDirective } from "../directives.ts";
import type { Directive } from "../types.ts";

/** A conf file of EMQ 2, split into lines; or the line that keeps the whole of it from being used. */
export interface ParsedEmq {
  readonly directives: readonly Directive[];
  readonly problems: readonly Problem[];
  readonly fault: Pick<Problem, "what" | "fix" | "where"> | null;
}

const LINE = /^[ \t]*(?<key>[^\s=#]+)[ \t]*=[ \t]*(?<value>[^#]*?)[ \t]*(?<hash>#.*)?$/;

/**
 * Splits a conf file of EMQ 2 into lines. Their order means nothing there, and of two with one name the last counts:
 *
 *     ## the rules
 *     mqtt.acl_file = etc/acl.conf
 *     listener.tcp.external = 127.0.0.1:1883
 */
export function parseEmq(path: string, text: string): ParsedEmq {
  const file = basename(path);
  const problems: Problem[] = [];
  const found = new Map<string, Directive>();
  for (const [index, line] of linesOf(text.replace(/^\uFEFF/, "")).entries()) {
    if (/^[ \t]*(?:#|$)/.test(line)) continue;
    const origin: Origin = { file, line: index + 1 };
    const { key, value = "", hash } = LINE.exec(line)?.groups ?? {};
    if (key === undefined) return { directives: [], problems: [], fault: faultOf(line, origin) };
    if (hash !== undefined && !/[ \t=]$/.test(line.slice(0, line.indexOf("#")))) problems.push(cutAt(origin));
    const earlier = found.get(key);
    if (earlier !== undefined) problems.push(overruled(earlier, origin));
    // what is set anew moves to the end: its place is the line that counts
    found.delete(key);
    found.set(key, { name: key, value, origin });
  }
  return { directives: [...found.values()], problems, fault: null };
}

function faultOf(line: string, where: Origin): NonNullable<ParsedEmq["fault"]> {
  const [word = ""] = line.trim().split(/[ \t]/);
  if (findDirective(word.toLowerCase()) === null) {
    const what = `${placeOf(where)}: this is no line of EMQ, which has a name, "=" and a value.`;
    return { what, fix: "Correct the line, or begin it with # if it is a comment.", where };
  }
  const what = `${placeOf(where)}: "${word}" is a line of Mosquitto, and others in this file are of EMQ.`;
  return { what, fix: "Move the lines of Mosquitto to a conf file of their own.", where };
}

function cutAt(where: Origin): Problem {
  return {
    severity: "warning",
    what: `${placeOf(where)}: "#" begins a comment in a file of EMQ, also in the middle of a value.`,
    now: "The value ends before it, as in EMQ.",
    fix: 'Choose a value without "#", or put a blank before the comment.',
    where,
  };
}

function overruled({ name, origin: where }: Directive, by: Origin): Problem {
  return {
    severity: "warning",
    what: `${placeOf(where)}: "${name}" stands once more in line ${by.line}.`,
    now: "The last one counts, as in EMQ.",
    fix: "Remove one of the two.",
    where,
  };
}
