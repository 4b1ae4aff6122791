import { parsePattern, PatternError, type PatternNode } from "./syntax.ts";

/** A step of the machine; `next` are the numbers of the steps that may follow. */
type Step =
  | { readonly kind: "character"; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: "start" | "end"; readonly next: number }
  | { readonly kind: "fork"; readonly next: readonly number[] }
  | { readonly kind: "found" };

/** Characters of a pattern, and steps it may grow to by its repetitions. */
const MAX_LENGTH = 500;
const MAX_STEPS = 2_000;

/**
 * Makes a regular expression into a test of whether it is found in a text. It walks through the text once, in all its
 * states at the same time, so that no text makes it slow; JavaScript's own engine goes back and can be made to hang.
 * @throws PatternError when it cannot be used.
 */
export function compilePattern(source: string): (text: string) => boolean {
  if (source.length > MAX_LENGTH) throw new PatternError(`it is longer than ${MAX_LENGTH} characters`);
  const { steps, first } = machineOf(parsePattern(source));
  return (text) => {
    const characters = Array.from(text);
    let states = new Set<number>();
    for (let at = 0; at <= characters.length; at++) {
      // found anywhere: a new try begins at each character
      reach(steps, first, at, characters.length, states);
      if (states.has(FOUND)) return true;
      const character = characters[at];
      if (character === undefined) return false;
      const after = new Set<number>();
      for (const state of states) {
        const step = steps[state];
        if (step?.kind === "character" && step.accepts(character)) {
          reach(steps, step.next, at + 1, characters.length, after);
        }
      }
      states = after;
    }
    return false;
  };
}

const FOUND = 0;

/** Adds a step and all that follows it without reading a character. */
function reach(steps: readonly Step[], from: number, at: number, end: number, states: Set<number>): void {
  const open = [from];
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    const step = steps[number];
    if (step === undefined || states.has(number)) continue;
    states.add(number);
    if (step.kind === "fork") open.push(...step.next);
    else if ((step.kind === "start" && at === 0) || (step.kind === "end" && at === end)) open.push(step.next);
  }
}

/** Builds the machine from its end to its start. */
function machineOf(tree: PatternNode): { readonly steps: readonly Step[]; readonly first: number } {
  const steps: Step[] = [{ kind: "found" }];
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS) throw new PatternError("its repetitions are too many");
    return steps.push(step) - 1;
  };

  const build = (node: PatternNode, next: number): number => {
    switch (node.kind) {
      case "character":
        return add({ ...node, next });
      case "start":
      case "end":
        return add({ kind: node.kind, next });
      case "sequence":
        return node.parts.reduceRight((behind, part) => build(part, behind), next);
      case "choice":
        return add({ kind: "fork", next: node.options.map((option) => build(option, next)) });
      case "repeat":
        return repeat(node, next);
    }
  };

  const repeat = ({ part, least, most }: PatternNode & { readonly kind: "repeat" }, next: number): number => {
    let first = next;
    if (most === Infinity) {
      const ways = [next];
      first = add({ kind: "fork", next: ways });
      ways.push(build(part, first));
    } else {
      for (let count = least; count < most; count++) first = add({ kind: "fork", next: [next, build(part, first)] });
    }
    for (let count = 0; count < least; count++) first = build(part, first);
    return first;
  };

  return { first: build(tree, FOUND), steps };
}
