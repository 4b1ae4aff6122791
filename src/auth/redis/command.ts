import { parseTextTemplate, type TextTemplate } from "../database/text-template.ts";
import type { PlaceholderName, PlaceholderValues } from "../placeholders.ts";

const VERBS = ["HGET", "HMGET", "HGETALL"] as const;

/** The commands that may be written: they read a hash, and nothing else. */
export type Verb = (typeof VERBS)[number];

/** A command with placeholders in its arguments. */
export interface Command {
  readonly verb: Verb;
  /** As they are written, the key not among them. */
  readonly fields: readonly string[];
  /** Whether it asks about one client only. */
  readonly isPersonal: boolean;
  /** The arguments for a client, each whole whatever is in a name; null: there can be nothing for this one. */
  argumentsFor(values: PlaceholderValues): readonly string[] | null;
}

/**
 * Reads a command as EMQ has it. It is cut into arguments before anything is filled in, so that a name with a space in
 * it is no further argument. An argument with spaces stands in quotes.
 *
 *     HMGET mqtt_user:%u password salt
 *     HGETALL "rules of ${username}"
 *
 * @throws Error when it is none of `verbs`, or is not whole.
 */
export function parseCommand(text: string, verbs: readonly Verb[], allowed: readonly PlaceholderName[]): Command {
  const [name = "", ...written] = splitArguments(text);
  const verb = verbs.find((known) => known === name.toUpperCase());
  if (verb === undefined) throw new Error(`"${name}" is not ${verbs.join(" or ")}`);
  const fields = written.slice(1);
  const isWhole = written.length > 0 && (verb === "HGETALL" ? fields.length === 0 : fields.length > 0);
  if (!isWhole || (verb === "HGET" && fields.length > 1)) throw new Error(`write ${SHAPES[verb]}`);
  const templates: readonly TextTemplate[] = written.map((argument) => parseTextTemplate(argument, allowed));
  if (verb === "HMGET" && templates.some(({ hasPlaceholders }, index) => index > 0 && hasPlaceholders)) {
    throw new Error("the fields of HMGET are names, without placeholders");
  }
  return {
    verb,
    fields,
    isPersonal: templates.some(({ hasPlaceholders }) => hasPlaceholders),
    argumentsFor(values) {
      const filled = templates.map((template) => template.textFor(values)).filter((argument) => argument !== null);
      return filled.length === templates.length ? filled : null;
    },
  };
}

const SHAPES: Readonly<Record<Verb, string>> = {
  HGET: "HGET key field",
  HMGET: "HMGET key field field ...",
  HGETALL: "HGETALL key",
};

function splitArguments(text: string): readonly string[] {
  const pieces = [...text.matchAll(ARGUMENT)];
  return pieces.map(({ groups }) => {
    const { quoted, plain = "" } = groups ?? {};
    if (/["']/.test(plain)) throw new Error(`the quotes of ${plain} do not stand around a whole argument`);
    return quoted === undefined ? plain : quoted.slice(1, -1);
  });
}

const ARGUMENT = /(?<quoted>"[^"]*"(?!\S)|'[^']*'(?!\S))|(?<plain>\S+)/g;
