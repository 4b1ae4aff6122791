import type { AccessRule, Identity } from "../core/types.ts";
import type { FilledFilter } from "./placeholders.ts";

/** What stands for a name of the client: %u and %c are whole levels, ${...} stands anywhere. */
const ANYWHERE = /\$\{(?<name>username|clientid)\}/g;

/** Whether a filter of an ordered list has anything to fill in. */
export function hasNames(filter: string): boolean {
  return filter.search(ANYWHERE) !== -1 || filter.split("/").some((level) => level === "%u" || level === "%c");
}

/**
 * Puts the names of a client into the filter of a rule: "dev/%u/#" becomes "dev/alice/#". A name that would make an
 * allow rule wider than it was written ("+", "#", "/") makes it match nothing; a deny rule becomes wider instead.
 */
export function fillNames({ filter, effect, placeholders }: AccessRule, identity: Identity): FilledFilter {
  if (!placeholders) return { filter, fault: null };
  const { username, clientId } = identity;
  let fault: string | null = null;
  const valueOf = (noun: string, name: string | null): string => {
    if (name === null || name === "") {
      fault ??= name === null ? "the client sent no user name" : `the ${noun} is empty`;
      return "";
    }
    const special = /[+#/]/.exec(name)?.[0];
    if (special === undefined) return name;
    if (effect === "allow") fault ??= `the ${noun} ${name} contains "${special}"`;
    return name;
  };
  const filled = filter
    .split("/")
    .map((level) => {
      if (level === "%u") return widened(valueOf("user name", username));
      if (level === "%c") return widened(valueOf("client id", clientId));
      const text = level.replace(ANYWHERE, (_all, name) =>
        name === "username" ? valueOf("user name", username) : valueOf("client id", clientId),
      );
      return text === level ? level : widened(text);
    })
    .join("/");
  if (fault !== null) return { filter: null, fault };
  // the rule's author wrote no "$": a name chosen by somebody else must not open $SYS
  if (effect === "allow" && filled.startsWith("$") && !beginsLiterally(filter)) {
    return { filter: null, fault: `the filter begins with "$" here: ${filled}` };
  }
  return { filter: filled, fault: null };
}

/** The levels of a name that is no plain level: a wildcard in one of them makes it stand for any text. */
function widened(text: string): string {
  return text
    .split("/")
    .map((level) => (/[+#]/.test(level) ? "+" : level))
    .join("/");
}

function beginsLiterally(filter: string): boolean {
  return filter.startsWith("$") && filter.search(ANYWHERE) !== 0;
}
