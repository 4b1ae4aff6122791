import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { limitNames } from "../../src/settings/limit-options.ts";
import { EXPIRATION, numberLimits, SERVER_REFERENCE, switchLimits } from "../../src/settings/limits.ts";
import { logDestNames, loginSchema, logTypeNames, optionsSchema } from "../../src/settings/schema.ts";
import { textOf } from "./files.ts";

/** A node of the option tree: its name, and the names below it. */
type Tree = Readonly<Record<string, readonly string[]>>;

const { options, schema, ports } = JSON.parse(textOf("config.json"));
const translations = ["en", "de"].map((language) => [language, loadTranslation(language)] as const);

/** Every option of the official add-on 7.1.0 with its default, and ours: `anonymous`, `dynamic_security`, `ban_file`, `http_publish`, `panel`, `sensors`, `metrics`, `store_interval`, `limits`. No default: the option may be missing. */
const expected = {
  logins: [],
  anonymous: false,
  dynamic_security: false,
  require_certificate: false,
  certfile: "fullchain.pem",
  cafile: undefined,
  keyfile: "privkey.pem",
  customize: { active: false, folder: "mosquitto" },
  log_dest: [],
  log_type: [],
  ban_file: undefined,
  http_publish: { active: false },
  panel: true,
  sensors: { active: false },
  metrics: { active: false },
  store_interval: 30,
  limits: {},
  debug: undefined,
};

describe("config.json", () => {
  it("has the options of the official add-on with their defaults, and ours", () => {
    expect(Object.keys(schema).toSorted()).toEqual(Object.keys(expected).toSorted());
    expect(options).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  it("has a default for each option that must not be missing, lists and groups included", () => {
    const needed = Object.keys(schema).filter((key) => !isOptional(schema[key]));
    expect(Object.keys(options).toSorted()).toEqual(needed.toSorted());
  });

  it("publishes the four ports of the official add-on, and those for HTTP and metrics to nobody outside", () => {
    const official = { "1883/tcp": 1883, "1884/tcp": 1884, "8883/tcp": 8883, "8884/tcp": 8884 };
    expect(ports).toEqual({ ...official, "8080/tcp": null, "9234/tcp": null });
  });
});

describe("the schema of the settings", () => {
  it("knows the options of config.json, with the same names", () => {
    const settings: Tree = {
      ...Object.fromEntries(Object.keys(optionsSchema.properties).map((key) => [key, []])),
      logins: Object.keys(loginSchema.properties),
      customize: Object.keys(optionsSchema.properties.customize.properties),
      http_publish: Object.keys(optionsSchema.properties.http_publish.properties),
      metrics: Object.keys(optionsSchema.properties.metrics.properties),
      sensors: Object.keys(optionsSchema.properties.sensors.properties),
      limits: limitNames,
    };
    expect(sorted(settings)).toEqual(sorted(tree(schema)));
  });

  it("has the defaults of config.json", () => {
    const defaults = Object.entries(optionsSchema.properties).map(([key, { default: value }]) => [key, value]);
    expect(Object.fromEntries(defaults)).toMatchObject(options);
  });

  it("has the bounds of config.json's limits", () => {
    const numbers = numberLimits.map(({ name, minimum, maximum }) => [name, `int(${minimum},${maximum})?`]);
    const switches = switchLimits.map(({ name }) => [name, "bool?"]);
    const texts = [
      [EXPIRATION, "match(^([1-9][0-9]{0,8}[shdwmy])?$)?"],
      [SERVER_REFERENCE, "match(^[!-~ ]{0,255}$)?"],
    ];
    expect(schema.limits).toEqual(Object.fromEntries([...numbers, ...switches, ...texts]));
  });

  it("has the bounds of config.json's sensors", () => {
    const { interval, prefix } = optionsSchema.properties.sensors.properties;
    expect(schema.sensors).toMatchObject({
      interval: `int(${interval.minimum},${interval.maximum})?`,
      prefix: `match(${prefix.pattern})?`,
    });
  });

  it("knows the values of config.json's lists", () => {
    expect(schema.log_dest).toEqual([`list(${logDestNames.join("|")})?`]);
    expect(schema.log_type).toEqual([`list(${logTypeNames.join("|")})?`]);
  });
});

describe.each(translations)("the translation %s", (language, translation) => {
  it("names and describes every option and nothing else", () => {
    expect(sorted(tree(translation.configuration, "fields"))).toEqual(sorted(tree(schema)));
    const entries = Object.values(translation.configuration).flatMap((entry) => [
      entry,
      ...Object.values(entry.fields ?? {}),
    ]);
    expect(entries.filter(({ name, description }) => !isText(name) || !isText(description))).toEqual([]);
  });

  it("names every port and nothing else", () => {
    expect(Object.keys(translation.network).toSorted()).toEqual(Object.keys(ports).toSorted());
    expect(Object.values(translation.network).filter((name) => !isText(name))).toEqual([]);
  });

  it("shares no description with another language", () => {
    const others = translations.filter(([other]) => other !== language).map(([, { configuration }]) => configuration);
    const foreign = others.flatMap((configuration) =>
      Object.values(configuration).map(({ description }) => description),
    );
    expect(Object.values(translation.configuration).filter(({ description }) => foreign.includes(description))).toEqual(
      [],
    );
  });
});

describe("DOCS.md", () => {
  const names = Object.entries(tree(schema)).flatMap(([key, fields]) => [
    key,
    ...fields.map((field) => `${key}.${field}`),
  ]);

  it.each([...numberLimits, ...switchLimits])("tells the default of $name", ({ name, default: usual }) => {
    expect(textOf("DOCS.md")).toContain(`| \`limits.${name}\` | \`${usual}\` | `);
  });

  it.each(names)("has a heading, or a row of a table, for the option %s", (name) => {
    expect(textOf("DOCS.md")).toMatch(new RegExp(`^(?:###|\\|).*\`${name.replace(".", "\\.")}\``, "m"));
  });

  it.each(Object.keys(ports))("tells what port %s is for", (port) => {
    expect(textOf("DOCS.md")).toContain(`| ${port.replace("/tcp", "")} |`);
  });
});

interface Label {
  readonly name: unknown;
  readonly description: unknown;
}

interface Translation {
  readonly configuration: Readonly<Record<string, Label & { readonly fields?: Readonly<Record<string, Label>> }>>;
  readonly network: Readonly<Record<string, unknown>>;
}

function loadTranslation(language: string): Translation {
  return JSON.parse(JSON.stringify(load(textOf(`translations/${language}.yaml`))));
}

/** Option names with the names inside them: of an entry's own keys, of a list's first entry, or of `fields`. */
function tree(node: Readonly<Record<string, unknown>>, below?: string): Tree {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, keysOf(below, value)]));
}

function keysOf(below: string | undefined, value: unknown): readonly string[] {
  const inner: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof inner !== "object" || inner === null) return [];
  if (below === undefined) return Object.keys(inner);
  return below in inner ? Object.keys(Object.entries(inner).find(([key]) => key === below)?.[1] ?? {}) : [];
}

function sorted(names: Tree): Tree {
  const entries = Object.entries(names).map(([key, fields]) => [key, fields.toSorted()] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b)));
}

function isOptional(type: unknown): boolean {
  return typeof type === "string" && type.endsWith("?");
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}
