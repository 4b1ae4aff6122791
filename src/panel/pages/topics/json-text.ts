const STEP = "  ";

/**
 * Writes JSON over several lines without changing a value: parsing it and writing it anew would round large numbers and
 * drop what stands twice.
 */
export function indented(json: string): string {
  let depth = 0;
  const line = (): string => `\n${STEP.repeat(depth)}`;
  return (
    json
      // Strings as a whole, empty brackets as a whole, signs, and what stands between them.
      .match(/"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s"{}[\],:]+/g)
      ?.map((token) => {
        switch (token) {
          case "{":
          case "[":
            depth += 1;
            return token + line();
          case "}":
          case "]":
            depth = Math.max(depth - 1, 0);
            return line() + token;
          case ",":
            return token + line();
          case ":":
            return ": ";
          default:
            return /^[{[]/.test(token) ? `${token.charAt(0)}${token.slice(-1)}` : token;
        }
      })
      .join("") ?? json
  );
}

/** A value in a JSON text, and how a template of Home Assistant names it. */
export interface JsonValue {
  /** "value_json.battery.level" */
  readonly path: string;
  readonly text: string;
}

const MAX_VALUES = 50;

/** The values of a JSON text that a template can pick, the first 50; none of what is no JSON. */
export function valuesIn(json: string): readonly JsonValue[] {
  const found: JsonValue[] = [];
  const walk = (value: unknown, path: string): void => {
    if (found.length >= MAX_VALUES) return;
    if (Array.isArray(value)) value.forEach((item, index) => walk(item, `${path}[${index}]`));
    else if (typeof value === "object" && value !== null) {
      for (const [key, item] of Object.entries(value)) walk(item, path + keyOf(key));
    } else found.push({ path, text: String(value) });
  };
  try {
    walk(JSON.parse(json), "value_json");
  } catch {
    return [];
  }
  return found;
}

/** `.level`, and `['battery level']` where a point would not do in a template. */
function keyOf(key: string): string {
  if (/^[A-Za-z_]\w*$/.test(key)) return `.${key}`;
  return `['${key.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`;
}
