import type { Reason } from "../core/types.ts";
import { proxyVersionOf } from "./listeners/proxy-header.ts";

const HTTP_METHODS: readonly string[] = ["GET ", "POST", "HEAD", "PUT ", "OPTI"];
const CONNECT_FIRST_BYTE = 0x10;
const TLS_HANDSHAKE = 0x16;

/** Answer to a browser on an MQTT port; one line of help, then the connection closes. */
export const HTTP_HELP: Buffer = httpAnswer(
  "400 Bad Request",
  "This port speaks MQTT, not HTTP. Point an MQTT client here, or use the WebSocket port from a web page.",
);

/** A whole HTTP answer with one line of text. */
export function httpAnswer(status: string, text: string): Buffer {
  const body = `${text}\n`;
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "utf8");
}

/** Tells from the first bytes of a connection that it is not MQTT; null when it may be. */
export function notMqtt(chunk: Buffer, listener: string): Reason | null {
  if (chunk[0] === CONNECT_FIRST_BYTE) return null;
  if (chunk[0] === TLS_HANDSHAKE) {
    return {
      kind: "tls_on_plain",
      sentence: `speaks TLS on port ${listener}`,
      hint: "Use 8883, or switch TLS off in the device.",
    };
  }
  if (HTTP_METHODS.includes(chunk.toString("latin1", 0, 4))) {
    return {
      kind: "http_on_mqtt",
      sentence: `speaks HTTP (a web browser?) on port ${listener}`,
      hint: "That port takes MQTT only.",
    };
  }
  const proxy = proxyVersionOf(chunk);
  if (proxy !== null) {
    return {
      kind: "malformed",
      sentence: `sent a header of the PROXY protocol on port ${listener}, which takes clients without a proxy`,
      hint: `Add "enable_proxy_protocol ${proxy}" below a listener of its own, or switch that protocol off in the proxy.`,
    };
  }
  return { kind: "malformed", sentence: "sent something that is not MQTT" };
}
