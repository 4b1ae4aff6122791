import {
  constructFromEvents,
  CORE_SCHEMA,
  defineScalarTag,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type Event,
  type ScalarEvent,
} from "js-yaml";
import { escapedKey } from "../core/json-pointer.ts";
import { linesOf } from "../core/text.ts";

/** A place in a text, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A value that stands in another file: `!secret db_password`, `!file token.txt`. */
export interface Reference {
  readonly kind: "secret" | "file";
  readonly name: string;
}

/** A YAML text that was understood. */
export interface YamlDocument {
  /** With an object in the place of each reference. */
  readonly value: unknown;
  readonly references: ReadonlyMap<unknown, Reference>;
  /** Where a value stands, by its path: "/stages/0/host"; what is not there is where its parent is. */
  readonly placeOf: (path: string) => Place;
}

/** Why a text cannot be used; `what` and `fix` are sentences. */
export interface YamlFault {
  readonly place: Place;
  readonly what: string;
  readonly fix: string;
}

export type ParsedYaml =
  | { readonly document: YamlDocument; readonly fault: null }
  | { readonly document: null; readonly fault: YamlFault };

/** Parses one YAML document and keeps where everything stands. */
export function parseYaml(text: string): ParsedYaml {
  const source = text.replace(/^\uFEFF/, "");
  try {
    const references = new Map<unknown, Reference>();
    const events = parseEvents(source, {});
    const [value = null, ...others] = constructFromEvents(events, { source, schema: withReferences(references) });
    if (others.length > 0)
      return { document: null, fault: { place: secondDocument(events, source), ...TWO_DOCUMENTS } };
    const offsets = offsetsOf(events, source);
    const placeOf = (path: string): Place => {
      for (let known = path; ; known = known.slice(0, known.lastIndexOf("/"))) {
        const offset = offsets.get(known);
        if (offset !== undefined) return placeAt(source, offset);
        if (known === "") return { line: 1, column: 1 };
      }
    };
    return { document: { value, references, placeOf }, fault: null };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { line = 0, column = 0 } = error.mark ?? {};
    const place = { line: line + 1, column: column + 1 };
    const told = error.reason === "duplicated mapping key" ? TWICE : notYaml(source, place);
    return { document: null, fault: { place, ...told } };
  }
}

const TWO_DOCUMENTS = {
  what: "a second document begins here.",
  fix: 'Write everything into one, without a line of "---" or "..." between.',
};

// the name is not quoted: where a blank is missing it holds the value, which may be a password
const TWICE = {
  what: "this name stands in its group for the second time.",
  fix: 'Keep one of the two lines. In a list each entry begins with "- ".',
};

function notYaml(source: string, { line }: Place): Omit<YamlFault, "place"> {
  const hasTab = linesOf(source)[line - 1]?.includes("\t") === true;
  const fix = hasTab
    ? "YAML takes no tabs: put spaces in their place."
    : "Look for a missing quote or bracket, or wrong indentation, at or above it.";
  return { what: "this is not valid YAML.", fix };
}

/** The line that ends the first document: nothing else of YAML begins a line with these marks. */
function secondDocument(events: readonly Event[], source: string): Place {
  const marks = [...source.matchAll(/^(?:---|\.\.\.)(?=\s|$)/gm)];
  const first = events.find((event) => event.type === EVENT_ID.DOCUMENT);
  return placeAt(source, marks[first?.explicitStart === true ? 1 : 0]?.index ?? 0);
}

function withReferences(references: Map<unknown, Reference>) {
  const tag = (kind: Reference["kind"]) =>
    defineScalarTag<object>(`!${kind}`, {
      resolve(name) {
        const stand = {};
        references.set(stand, { kind, name });
        return stand;
      },
      identify: () => false,
    });
  return CORE_SCHEMA.withTags(tag("secret"), tag("file"));
}

/** A list or mapping that is being walked through. */
interface Open {
  readonly path: string;
  readonly isList: boolean;
  /** Number of the next entry, or the key whose value comes next; null: a key comes next. */
  next: number | string | null;
}

/** Where each value begins, by its path; the offset of a value in a mapping is that of its key. */
function offsetsOf(events: readonly Event[], source: string): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  const open: Open[] = [];
  let keyStart: number | null = null;
  const enter = (start: number): string => {
    const parent = open.at(-1);
    const path = parent === undefined ? "" : `${parent.path}/${escapedKey(String(parent.next))}`;
    offsets.set(path, keyStart ?? start);
    keyStart = null;
    if (parent !== undefined) parent.next = typeof parent.next === "number" ? parent.next + 1 : null;
    return path;
  };
  for (const event of events) {
    const parent = open.at(-1);
    const isKey = parent !== undefined && !parent.isList && parent.next === null;
    switch (event.type) {
      case EVENT_ID.SEQUENCE:
      case EVENT_ID.MAPPING: {
        const isList = event.type === EVENT_ID.SEQUENCE;
        open.push({ path: enter(event.start), isList, next: isList ? 0 : null });
        break;
      }
      case EVENT_ID.SCALAR:
        if (isKey) {
          parent.next = getScalarValue(source, event);
          keyStart = startOf(event);
        } else {
          enter(event.tagStart >= 0 ? event.tagStart : startOf(event));
        }
        break;
      case EVENT_ID.ALIAS:
        enter(event.anchorStart);
        break;
      case EVENT_ID.POP:
        open.pop();
        break;
      case EVENT_ID.DOCUMENT:
        break;
    }
  }
  return offsets;
}

/** The value of a quoted text begins behind the quote. */
function startOf({ style, valueStart }: ScalarEvent): number {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? valueStart - 1 : valueStart;
}

function placeAt(source: string, offset: number): Place {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}
