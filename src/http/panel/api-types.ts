import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A schema of JSON Schema 2020-12, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** Where the types are that panel and server share. The program runs as it is written, so they are there. */
const FOLDER = join(import.meta.dirname, "..", "..", "core", "api");

/**
 * Turns those types into schemas, by their names, so that the description of the API cannot say anything else.
 * @throws Error when it cannot read one.
 */
export async function apiSchemas(): Promise<Readonly<Record<string, Schema>>> {
  const names = await readdir(FOLDER);
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(FOLDER, name), "utf8")));
  return Object.fromEntries(texts.flatMap(declarationsIn).toSorted(([a], [b]) => a.localeCompare(b)));
}

/** The schema of a type as routes write it: 'Page<ClientTopics["publishes"][number]>', "DeletePlan | JobInfo". */
export function schemaOfType(text: string): Schema {
  return union(readerOf(text));
}

const TOKEN = /\/\*\*([\s\S]*?)\*\/|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|-?\d+|[A-Za-z_]\w*|=>|[^\s]/g;

interface Reader {
  /** The next token, left where it is. */
  peek(): string;
  take(expected?: string): string;
  /** The last comment before the next token. */
  comment(): string;
  readonly isAtEnd: boolean;
}

function readerOf(text: string): Reader {
  const tokens: { readonly text: string; readonly comment: string }[] = [];
  let comment = "";
  for (const [token, doc] of text.matchAll(TOKEN)) {
    if (token.startsWith("/*")) comment = (doc ?? "").replaceAll(/\s*\n?\s*\*?\s+/g, " ").trim();
    else if (!token.startsWith("//")) {
      tokens.push({ text: token, comment });
      comment = "";
    }
  }
  let at = 0;
  return {
    peek: () => tokens[at]?.text ?? "",
    take(expected) {
      const token = tokens[at]?.text ?? "";
      if (expected !== undefined && token !== expected) throw new Error(`expected ${expected}, found ${token}`);
      at++;
      return token;
    },
    comment: () => tokens[at]?.comment ?? "",
    get isAtEnd() {
      return at >= tokens.length;
    },
  };
}

/** The exported types of a file: interfaces, and types that are made of literals, lists and objects. */
export function declarationsIn(text: string): readonly (readonly [name: string, schema: Schema])[] {
  const reader = readerOf(text);
  const found: (readonly [string, Schema])[] = [];
  while (!reader.isAtEnd) {
    const description = reader.comment();
    if (reader.peek() === "import") {
      while (reader.take() !== ";");
      continue;
    }
    reader.take("export");
    const kind = reader.take();
    const name = reader.take();
    if (kind === "function" || kind === "const") throw new Error(`${name} is no type`);
    const isGeneric = reader.peek() === "<";
    if (isGeneric) while (reader.take() !== ">");
    if (kind === "type") reader.take("=");
    const schema = kind === "type" ? union(reader) : object(reader);
    if (kind === "type") reader.take(";");
    // what a generic type is made of is written where it is used
    if (!isGeneric) found.push([name, described(description, schema)]);
  }
  return found;
}

function described(description: string, schema: Schema): Schema {
  return description === "" ? schema : { description, ...schema };
}

function union(reader: Reader): Schema {
  const parts: Schema[] = [];
  if (reader.peek() === "|") reader.take();
  parts.push(list(reader));
  while (reader.peek() === "|") {
    reader.take();
    parts.push(list(reader));
  }
  const [first = {}] = parts;
  if (parts.length === 1) return first;
  return parts.every((part) => "const" in part) ? { enum: parts.map((part) => part["const"]) } : { anyOf: parts };
}

function list(reader: Reader): Schema {
  if (reader.peek() === "readonly") reader.take();
  let schema = single(reader);
  while (reader.peek() === "[") {
    reader.take();
    schema =
      reader.peek() === "]" ? { type: "array", items: schema } : { $ref: `${pathOf(schema)}/${part(reader.take())}` };
    reader.take("]");
  }
  return schema;
}

function pathOf({ $ref: path }: Schema): string {
  if (typeof path !== "string") throw new Error("only a named type has parts");
  return path;
}

/** What stands between the brackets of `Client["topics"][number]`. */
function part(token: string): string {
  if (token === "number") return "items";
  if (!token.startsWith('"')) throw new Error(`cannot read the part ${token}`);
  return `properties/${token.slice(1, -1)}`;
}

/** Part of a list, as every list is answered. */
function page(items: Schema): Schema {
  const properties = {
    items: { type: "array", items },
    total: { type: "number" },
    next: { anyOf: [{ type: "string" }, { type: "null" }] },
  };
  return { type: "object", properties, required: ["items", "total", "next"] };
}

function single(reader: Reader): Schema {
  const token = reader.peek();
  if (token === "{") return object(reader);
  reader.take();
  if (token === "(") {
    const inner = union(reader);
    reader.take(")");
    return inner;
  }
  if (token.startsWith('"')) return { const: JSON.parse(token) };
  if (/^-?\d+$/.test(token)) return { const: Number(token) };
  switch (token) {
    case "string":
    case "number":
    case "boolean":
      return { type: token };
    case "null":
      return { type: "null" };
    case "true":
    case "false":
      return { const: token === "true" };
    case "unknown":
      return {};
    case "Page": {
      reader.take("<");
      const items = union(reader);
      reader.take(">");
      return page(items);
    }
    default:
      if (!/^[A-Z]\w*$/.test(token) || reader.peek() === "<") throw new Error(`cannot read the type ${token}`);
      return { $ref: `#/components/schemas/${token}` };
  }
}

function object(reader: Reader): Schema {
  reader.take("{");
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  while (reader.peek() !== "}") {
    const description = reader.comment();
    reader.take("readonly");
    const name = reader.take();
    if (reader.peek() === "?") reader.take();
    else required.push(name);
    reader.take(":");
    properties[name] = described(description, union(reader));
    if (reader.peek() === ";") reader.take();
  }
  reader.take("}");
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }) };
}
