import { parseTemplate, type PlaceholderName, type PlaceholderValues } from "../placeholders.ts";

/** A text with placeholders that names one client, and never two: "mqtt_user:%u". */
export interface TextTemplate {
  readonly hasPlaceholders: boolean;
  /** null: a value is missing, or it would read as the text of another client. */
  textFor(values: PlaceholderValues): string | null;
}

/**
 * Reads a text that is looked up as a whole. With more than one placeholder in it, as in "%u:%c", the user "a:b" with
 * the client id "c" would be the user "a" with "b:c": such values fill to nothing.
 * @throws Error when nothing stands between two placeholders.
 */
export function parseTextTemplate(text: string, allowed: readonly PlaceholderName[]): TextTemplate {
  const parts = parseTemplate(text, allowed);
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1];
    if (typeof part === "string" || next === undefined || typeof next === "string") continue;
    throw new Error(`${part.text} and ${next.text} run together; put a ":" between them`);
  }
  return {
    hasPlaceholders: parts.some((part) => typeof part !== "string"),
    textFor(values) {
      let filled = "";
      for (const [index, part] of parts.entries()) {
        if (typeof part === "string") {
          filled += part;
          continue;
        }
        const value = values[part.name] ?? null;
        if (value === null) return null;
        const between = parts[index + 1];
        // where it ends must be where the text that follows is first found
        const isClear =
          parts[index + 2] === undefined ||
          typeof between !== "string" ||
          (value + between).indexOf(between) === value.length;
        if (!isClear) return null;
        filled += value;
      }
      return filled;
    },
  };
}
