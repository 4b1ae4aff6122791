import type { ProtocolVersion } from "../../core/types.ts";
import { bodyOffset } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import { numberProperty, Property, type PropertyScan, scanProperties } from "./property-scan.ts";

/** A client's DISCONNECT. */
export interface DisconnectPacket {
  readonly kind: "disconnect";
  /** 0 before MQTT 5; 4 asks for the will to be sent. */
  readonly code: number;
  /** New session expiry in seconds; -1: as it was. */
  readonly sessionExpiryS: number;
}

/** What clients may give as reason (MQTT 5, 3.14.2.1). */
const CODES: ReadonlySet<number> = new Set([
  0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99,
]);

/** Reads the DISCONNECT in [start, end). */
export function decodeDisconnect(
  scan: PropertyScan,
  source: Buffer,
  start: number,
  end: number,
  version: ProtocolVersion,
): DisconnectPacket | { readonly kind: "fault"; readonly fault: Fault } {
  if ((source[start] ?? 0) !== PacketType.disconnect << 4) return { kind: "fault", fault: FAULTS.flags }; // [MQTT-3.14.1-1]
  const at = bodyOffset(source, start);
  if (at === end) return { kind: "disconnect", code: 0, sessionExpiryS: -1 };
  if (version < 5) return { kind: "fault", fault: FAULTS.tooLong };
  const code = source[at] ?? 0;
  if (!CODES.has(code)) return { kind: "fault", fault: FAULTS.reasonCode };
  if (at + 1 === end) return { kind: "disconnect", code, sessionExpiryS: -1 };
  const fault = scanProperties(scan, source, at + 1, end, PacketType.disconnect);
  if (fault !== null) return { kind: "fault", fault };
  if (scan.end !== end) return { kind: "fault", fault: FAULTS.tooLong };
  return { kind: "disconnect", code, sessionExpiryS: numberProperty(scan, Property.sessionExpiry, -1) };
}
