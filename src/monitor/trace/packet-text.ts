import type { IConnectPacket, Packet } from "mqtt-packet";
import { TOKEN, withoutTokens } from "../../core/tokens.ts";
import { utf8Text } from "../../core/text.ts";
import { isControlTopic } from "../../core/topic.ts";
import type { PayloadForm } from "./wish.ts";

const HIDDEN = "******";
/** Of a payload; what is longer is cut off. */
const MAX_PAYLOAD_BYTES = 1024;

/**
 * One packet as EMQ 2 writes it, on one line and without secrets:
 *
 *     PUBLISH(Q1, R0, D0, Topic=t/1, PacketId=1, Payload=<<"hi">>)
 */
export function packetText(packet: Packet, form: PayloadForm): string {
  const fields = fieldsOf(packet, form).filter((field) => field !== "");
  return `${packet.cmd.toUpperCase()}(${[flagsOf(packet), ...fields, propertiesText(packet)].filter((field) => field !== "").join(", ")})`;
}

/** A payload: `<<"hi">>`, `<<16#00ff>>`, cut off after 1,024 bytes with its size, or hidden. */
export function payloadText(payload: Buffer, topic: string, form: PayloadForm): string {
  // commands of dynamic security hold passwords
  if (form === "hidden" || isControlTopic(topic)) return `${HIDDEN} (${payload.length} bytes)`;
  const part = payload.subarray(0, MAX_PAYLOAD_BYTES);
  const more = payload.length > part.length ? `... (${payload.length} bytes)` : "";
  const text = form === "text" && more === "" ? utf8Text(part) : form === "text" ? cutText(part) : null;
  return text === null ? `<<16#${part.toString("hex")}>>${more}` : `<<${quoted(text)}>>${more}`;
}

/** A text on one line, with what would end it or move the cursor written as it is in JSON. */
export function plain(text: string): string {
  return quoted(text).slice(1, -1).replaceAll('\\"', '"');
}

/** A user name; one that is a token is a secret. */
export function nameText(username: string | null): string {
  if (username === null) return "undefined";
  return username.search(TOKEN) === 0 ? HIDDEN : plain(username);
}

/** A sentence of the broker, which may name a user. */
export function sentenceText(sentence: string): string {
  return plain(withoutTokens(sentence));
}

function quoted(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What was cut may end within a character; null: it is no text. */
function cutText(part: Buffer): string | null {
  for (let end = part.length; end > part.length - 4; end--) {
    const text = utf8Text(part.subarray(0, end));
    if (text !== null) return text;
  }
  return null;
}

function flagsOf(packet: Packet): string {
  // a SUBSCRIBE and its kin have QoS 1 in their first byte
  const isMarked = packet.cmd === "subscribe" || packet.cmd === "unsubscribe" || packet.cmd === "pubrel";
  const qos = packet.cmd === "publish" ? packet.qos : isMarked ? 1 : 0;
  const isPublish = packet.cmd === "publish";
  return `Q${qos}, R${isPublish && packet.retain ? 1 : 0}, D${isPublish && packet.dup ? 1 : 0}`;
}

function fieldsOf(packet: Packet, form: PayloadForm): readonly string[] {
  switch (packet.cmd) {
    case "connect":
      return connectFields(packet, form);
    case "connack":
      return [`AckFlags=${packet.sessionPresent ? 1 : 0}`, `ReturnCode=${packet.returnCode ?? packet.reasonCode ?? 0}`];
    case "publish": {
      const payload = Buffer.isBuffer(packet.payload) ? packet.payload : Buffer.from(packet.payload);
      return [
        `Topic=${plain(packet.topic)}`,
        packet.qos === 0 ? "" : idOf(packet),
        `Payload=${payloadText(payload, packet.topic, form)}`,
      ];
    }
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return [idOf(packet), codeOf(packet.reasonCode)];
    case "subscribe":
      return [
        idOf(packet),
        `TopicTable=[${packet.subscriptions.map(({ topic, qos }) => `{<<${quoted(topic)}>>,${qos}}`).join(",")}]`,
      ];
    case "suback":
      return [idOf(packet), `QosTable=[${packet.granted.map(Number).join(",")}]`];
    case "unsubscribe":
      return [idOf(packet), `TopicTable=[${packet.unsubscriptions.map((topic) => `<<${quoted(topic)}>>`).join(",")}]`];
    case "unsuback":
      return [idOf(packet)];
    case "disconnect":
      return [codeOf(packet.reasonCode)];
    case "auth":
      return [`ReasonCode=${packet.reasonCode}`];
    case "pingreq":
    case "pingresp":
      return [];
  }
}

function connectFields(packet: IConnectPacket, form: PayloadForm): readonly string[] {
  const { clientId, protocolId, protocolVersion, clean, keepalive, username, password, will } = packet;
  return [
    `ClientId=${plain(clientId)}`,
    `ProtoName=${protocolId ?? ""}`,
    `ProtoVsn=${protocolVersion ?? ""}`,
    `CleanSess=${clean === true}`,
    `KeepAlive=${keepalive ?? 0}`,
    `Username=${nameText(username ?? null)}`,
    `Password=${password === undefined || password === null ? "undefined" : HIDDEN}`,
    will === undefined
      ? ""
      : `Will(Q${will.qos ?? 0}, R${will.retain === true ? 1 : 0}, Topic=${plain(will.topic)}, Msg=${payloadText(Buffer.from(will.payload), will.topic, form)})`,
  ];
}

function idOf({ messageId }: { readonly messageId?: number | undefined }): string {
  return `PacketId=${messageId ?? 0}`;
}

function codeOf(code: number | undefined): string {
  return code === undefined || code === 0 ? "" : `ReasonCode=${code}`;
}

/** Names of user properties whose values nobody wants in a file. */
const SECRET = /pass|pwd|secret|token|auth|key|credential/i;

function propertiesText(packet: Packet): string {
  if (packet.cmd === "pingreq" || packet.cmd === "pingresp" || packet.properties === undefined) return "";
  const shown = Object.entries(packet.properties).map(([name, value]: [string, unknown]) => [
    name,
    masked(name, value),
  ]);
  return shown.length === 0 ? "" : `Properties=${quotedJson(Object.fromEntries(shown))}`;
}

function masked(name: string, value: unknown): unknown {
  if (name === "authenticationData") return HIDDEN;
  if (Buffer.isBuffer(value)) return `16#${value.toString("hex")}`;
  if (name !== "userProperties" || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, text]: [string, unknown]) => [key, SECRET.test(key) ? HIDDEN : text]),
  );
}

function quotedJson(value: unknown): string {
  return plain(JSON.stringify(value));
}
