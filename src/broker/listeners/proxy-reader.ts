import type { Socket } from "node:net";
import type { Reason } from "../../core/types.ts";
import type { ProxySettings } from "../../settings/types.ts";
import { parseProxyHeader, type ProxyHeader } from "./proxy-header.ts";

export interface ProxyReading {
  readonly version: 1 | 2;
  /** From the connection to a whole header. */
  readonly timeoutMs: number;
  /** Called at once with the header, unless refused. What follows it is still unread. */
  readonly done: (header: ProxyHeader) => void;
  /** Called with the reason when no header came; the socket is the caller's to close. */
  readonly refused: (reason: Reason) => void;
}

/** Reads the header of a proxy before anybody else reads from a connection. */
export function readProxyHeader(socket: Socket, { version, timeoutMs, done, refused }: ProxyReading): void {
  let bytes = Buffer.alloc(0);

  const stop = (): void => {
    clearTimeout(clock);
    socket.off("readable", read).off("end", ended).off("close", ended);
  };
  const refuse = (reason: Reason): void => {
    stop();
    refused(reason);
  };
  const unfinished = (how: string): void => refuse(bytes.length === 0 ? SILENT : malformed(how, version));
  const ended = (): void => unfinished("closed the connection before the end of its header of the PROXY protocol");
  const read = (): void => {
    for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
      bytes = Buffer.concat([bytes, chunk]);
    }
    const found = bytes.length === 0 ? null : parseProxyHeader(bytes, version);
    if (found === null || found.kind === "more") return;
    if (found.kind === "fault") return refuse(malformed(found.sentence, version));
    stop();
    const rest = bytes.subarray(found.end);
    if (rest.length > 0) socket.unshift(rest);
    done(found.header);
  };

  const clock = setTimeout(() => {
    unfinished(`sent no whole header of the PROXY protocol within ${timeoutMs / 1000} s`);
  }, timeoutMs).unref();
  // Whoever takes the socket over has listeners of its own; a reset in between must not end the process.
  socket.on("error", () => socket.destroy());
  socket.on("readable", read).once("end", ended).once("close", ended);
}

/** Why a listener does not take the client that a header tells of; null: it does. */
export function proxyRefusal(header: ProxyHeader, { requiresTls, requiresCertificate }: ProxySettings): Reason | null {
  // no device is there that anything could be required of; not worth a line, for it comes again and again
  if (header.isCheck && (requiresTls || requiresCertificate)) return SILENT;
  if (requiresTls && !header.isTls) {
    return {
      kind: "not_allowed",
      sentence: "did not come to the proxy by TLS (proxy_protocol_v2_require_tls)",
      hint: "Let the device use the TLS port of the proxy, and the proxy tell of TLS.",
    };
  }
  if (requiresCertificate && header.certificate === null) {
    return {
      kind: "cert_missing",
      sentence: "showed the proxy no certificate that it accepts",
      hint: "Install a client certificate in the device, and let the proxy verify it and tell of it.",
    };
  }
  return null;
}

const SILENT: Reason = { kind: "silent", sentence: "said nothing" };

function malformed(sentence: string, version: 1 | 2): Reason {
  return {
    kind: "malformed",
    sentence,
    hint: `This listener takes connections of a proxy only, with version ${version} of that protocol.`,
  };
}
