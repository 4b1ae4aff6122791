import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { parseTextTemplate, type TextTemplate } from "../database/text-template.ts";
import { parseTemplate, type PlaceholderName, type PlaceholderValues } from "../placeholders.ts";

/** A filter with placeholders. */
export interface Filter {
  /** Whether it finds documents of one client only. */
  readonly isPersonal: boolean;
  /** null: it can find nothing for these values. */
  filledWith(values: PlaceholderValues): FilledFilter | null;
}

interface FilledFilter {
  readonly filter: RawObject;
  /**
   * Whether a document has the texts that were filled in to the letter: the collation of a collection may take "ALICE"
   * for "alice".
   */
  holds(document: RawObject): boolean;
}

/**
 * Reads the filter of a query. A placeholder stands in a text that a field must be, alone or in a list, and what it is
 * filled with is a text and nothing else, never an operator or a pattern.
 *
 *     { username: "%u", enabled: true }
 *     { $or: [{ username: { $in: ["${username}", "$all"] } }, { clientid: "%c" }] }
 *
 * @throws Error when a placeholder stands elsewhere.
 */
export function parseFilter(filter: RawObject, allowed: readonly PlaceholderName[]): Filter {
  const parts = Object.entries(filter).map(([key, value]): Filter => {
    refusePlaceholders(key, "the name of a field", allowed);
    if (key === "$and" || key === "$or") return joined(key, value, allowed);
    if (typeof value === "string" && !key.startsWith("$"))
      return equals(key, [parseTextTemplate(value, allowed)], null);
    if (isRawObject(value) && !key.startsWith("$")) return compared(key, value, allowed);
    return constant(key, value, allowed);
  });
  return {
    isPersonal: parts.some(({ isPersonal }) => isPersonal),
    filledWith(values) {
      const filled = parts.map((part) => part.filledWith(values)).filter((part) => part !== null);
      if (filled.length < parts.length) return null;
      return {
        filter: Object.fromEntries(filled.flatMap((part) => Object.entries(part.filter))),
        holds: (document) => filled.every((part) => part.holds(document)),
      };
    },
  };
}

function joined(key: "$and" | "$or", value: unknown, allowed: readonly PlaceholderName[]): Filter {
  if (!Array.isArray(value) || value.length === 0 || !value.every(isRawObject)) {
    throw new Error(`${key} is not a list of filters`);
  }
  const branches = value.map((branch) => parseFilter(branch, allowed));
  return {
    // of several ways to find a document each must say whose it is
    isPersonal:
      key === "$and" ? branches.some(({ isPersonal }) => isPersonal) : branches.every(({ isPersonal }) => isPersonal),
    filledWith(values) {
      const filled = branches.map((branch) => branch.filledWith(values)).filter((branch) => branch !== null);
      const least = key === "$and" ? branches.length : 1;
      if (filled.length < least) return null;
      return {
        filter: { [key]: filled.map(({ filter }) => filter) },
        holds: (document) =>
          key === "$and"
            ? filled.every((branch) => branch.holds(document))
            : filled.some((branch) => branch.holds(document)),
      };
    },
  };
}

/** `{ $eq: "%u" }`, `{ $in: ["%u", "all"] }`, and whatever has no placeholder. */
function compared(field: string, value: RawObject, allowed: readonly PlaceholderName[]): Filter {
  const [[operator, operand] = [], ...more] = Object.entries(value);
  if (more.length === 0 && operator === "$eq" && typeof operand === "string") {
    return equals(field, [parseTextTemplate(operand, allowed)], "$eq");
  }
  if (more.length === 0 && operator === "$in" && Array.isArray(operand) && operand.every(isText)) {
    return equals(
      field,
      operand.map((text) => parseTextTemplate(text, allowed)),
      "$in",
    );
  }
  return constant(field, value, allowed);
}

function equals(field: string, templates: readonly TextTemplate[], operator: "$eq" | "$in" | null): Filter {
  const isChecked = templates.some(({ hasPlaceholders }) => hasPlaceholders);
  return {
    isPersonal: templates.every(({ hasPlaceholders }) => hasPlaceholders),
    filledWith(values) {
      const texts = templates.map((template) => template.textFor(values)).filter((text) => text !== null);
      const [text] = texts;
      if (text === undefined) return null;
      return {
        filter: { [field]: operator === null ? text : { [operator]: operator === "$in" ? texts : text } },
        holds: (document) => !isChecked || textsAt(document, field.split(".")).some((found) => texts.includes(found)),
      };
    },
  };
}

function constant(key: string, value: unknown, allowed: readonly PlaceholderName[]): Filter {
  refuseInside(key, value, allowed);
  const filled = { filter: { [key]: value }, holds: () => true };
  return { isPersonal: false, filledWith: () => filled };
}

/** The texts of a field, or of the list that it is; "a.b" is the field b of the object a. */
function textsAt(value: unknown, [step, ...steps]: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsAt(item, step === undefined ? [] : [step, ...steps]));
  if (step === undefined) return isText(value) ? [value] : [];
  return isRawObject(value) && Object.hasOwn(value, step) ? textsAt(value[step], steps) : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function refuseInside(key: string, value: unknown, allowed: readonly PlaceholderName[]): void {
  if (typeof value === "string") return refusePlaceholders(value, key, allowed);
  if (Array.isArray(value)) {
    for (const item of value) refuseInside(key, item, allowed);
    return;
  }
  if (!isRawObject(value)) return;
  for (const [inner, item] of Object.entries(value)) {
    refusePlaceholders(inner, "the name of a field", allowed);
    refuseInside(inner, item, allowed);
  }
}

function refusePlaceholders(text: string, where: string, allowed: readonly PlaceholderName[]): void {
  const found = parseTemplate(text, allowed).find((part) => typeof part !== "string");
  if (found === undefined) return;
  throw new Error(`${found.text} stands in ${where}; it can only be what a field is, alone, in $eq or in $in`);
}
