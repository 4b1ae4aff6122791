import type { BridgeDetail, BridgeSetting, BridgeTopicInfo } from "../../core/api/bridges.ts";
import { isRawObject, type RawObject } from "../../core/raw-object.ts";
import { parseBridgeTopic } from "../../settings/directives/bridge-topic.ts";
import {
  PANEL_BRIDGE_SETTINGS,
  panelBridgesIn,
  panelBridgesText,
  parsePanelBridges,
  type PanelBridge,
} from "../../settings/panel-bridges.ts";
import { ApiError } from "./api-error.ts";
import { unfitField } from "./fields.ts";

type Lines = PanelBridge["lines"];

const PASSWORD = "remote_password";
const TOPIC = "topic";
/** Bounds of one bridge, far above what a home needs. */
const MAX_LINES = 200;
const MAX_VALUE = 2000;

/** A bridge as it is shown. Lines that the panel does not know stay in the file, and are not shown. */
export function bridgeDetail({ name, lines, origin }: PanelBridge): BridgeDetail {
  return {
    name,
    topics: lines.filter(isTopic).flatMap(({ value }) => topicIn(value)),
    settings: settingsOf(lines),
    passwordSet: lines.some(isPassword),
    where: origin,
  };
}

/**
 * The lines of a bridge as a request wants them: what the request does not name stays as it was.
 * @throws ApiError when something in it cannot be written as a line.
 */
export function wantedLines(body: RawObject, earlier: Lines): Lines {
  const { topics, settings, password } = body;
  const others = earlier.filter((line) => !isTopic(line) && !isPassword(line) && !isSetting(line));
  return [
    ...(settings === undefined ? settingsOf(earlier) : listOf(settings, "settings").map(settingIn)),
    ...(password === undefined || password === "" ? earlier.filter(isPassword) : passwordLines(password)),
    ...(topics === undefined ? earlier.filter(isTopic) : listOf(topics, "topics").map(topicLine)),
    ...others,
  ];
}

/**
 * Checks that the file would be read as it is meant: nothing in a name or value may end a line or a word.
 * @throws ApiError naming what would be read otherwise.
 */
export function checkReadable({ name, lines }: Pick<PanelBridge, "name" | "lines">): void {
  if (!/^[\p{L}\p{N}_.-]{1,60}$/u.test(name)) {
    throw new ApiError("invalid", `"${name}" cannot be the name of a bridge.`, "Use letters, digits, -, _ and .", {
      field: "name",
    });
  }
  const [found] = panelBridgesIn(parsePanelBridges("", panelBridgesText([{ name, lines }]), "").conf);
  const wrong = lines.find((line, at) => {
    const read = found?.lines[at];
    return read?.name !== line.name || read.value !== line.value || !line.value.isWellFormed();
  });
  if (wrong === undefined) return;
  const field = fieldOf(wrong.name);
  throw unfitField(field, "Write one line of text that neither begins nor ends with a blank.");
}

/** The member of a request that a line comes from; a setting is one by itself. */
export function fieldOf(line: string): string {
  return line === TOPIC ? "topics" : line === PASSWORD ? "password" : line;
}

function settingsOf(lines: Lines): readonly BridgeSetting[] {
  const settings = new Map<string, string>();
  for (const { name, value } of lines.filter(isSetting)) {
    const earlier = settings.get(name);
    // addresses add up, of all else the last line counts
    settings.set(name, name === "address" && earlier !== undefined ? `${earlier} ${value}` : value);
  }
  return [...settings].map(([name, value]) => ({ name, value }));
}

function isTopic({ name }: Lines[number]): boolean {
  return name === TOPIC;
}

function isPassword({ name }: Lines[number]): boolean {
  return name === PASSWORD;
}

function isSetting({ name }: Lines[number]): boolean {
  return PANEL_BRIDGE_SETTINGS.has(name);
}

function listOf(value: unknown, field: string): readonly RawObject[] {
  if (!Array.isArray(value) || !value.every(isRawObject)) throw unfitField(field, "Write a list of objects.");
  if (value.length > MAX_LINES) throw unfitField(field, `At most ${MAX_LINES} are taken.`);
  return value;
}

function settingIn({ name, value }: RawObject): BridgeSetting {
  if (typeof name !== "string" || !PANEL_BRIDGE_SETTINGS.has(name)) {
    throw unfitField("settings", `Use the names ${[...PANEL_BRIDGE_SETTINGS].join(", ")}.`);
  }
  return { name, value: valueIn(value, name) };
}

function valueIn(value: unknown, field: string): string {
  if (typeof value === "string" && value !== "" && value.length <= MAX_VALUE && !CONTROL.test(value)) return value;
  throw unfitField(field, `Write it as one line of text, of at most ${MAX_VALUE} characters.`);
}

// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

function passwordLines(password: unknown): Lines {
  return password === null ? [] : [{ name: PASSWORD, value: valueIn(password, "password") }];
}

/** Writes a topic, and reads it again: what would be read as another topic is refused. */
function topicLine({ filter, direction, qos, localPrefix = "", remotePrefix = "" }: RawObject): Lines[number] {
  const texts = [filter, direction, localPrefix, remotePrefix];
  if (!texts.every((text) => typeof text === "string" && !CONTROL.test(text)) || !isQos(qos)) throw unfitTopics();
  const [pattern = "", way = "", here = "", there = ""] = texts.map(String);
  const prefixes = here === "" && there === "" ? [] : [here === "" ? '""' : here, ...(there === "" ? [] : [there])];
  const first = pattern === "" || pattern.includes(" ") ? `"${pattern}"` : pattern;
  const value = [first, way, String(qos), ...prefixes].join(" ");
  const read = parseBridgeTopic(value);
  if ("what" in read) throw new ApiError("invalid", read.what, read.fix, { field: "topics" });
  const { direction: readWay, localPrefix: readHere, remotePrefix: readThere } = read;
  const isAsMeant = read.local === here + pattern && readWay === way && readHere === here && readThere === there;
  if (!isAsMeant || read.qos !== qos || value.length > MAX_VALUE) throw unfitTopics();
  return { name: TOPIC, value };
}

function topicIn(value: string): readonly BridgeTopicInfo[] {
  const read = parseBridgeTopic(value);
  if ("what" in read) return [];
  const { direction, qos, local, localPrefix, remotePrefix } = read;
  return [{ filter: local.slice(localPrefix.length), direction, qos, localPrefix, remotePrefix }];
}

function isQos(value: unknown): value is 0 | 1 | 2 {
  return value === 0 || value === 1 || value === 2;
}

function unfitTopics(): ApiError {
  const hint = "Write {filter, direction, qos}, and prefixes without blanks; a topic holds no quotation marks.";
  return unfitField("topics", hint);
}
