import { bodyOffset } from "./bytes.ts";
import { PacketType } from "./codes.ts";
import { FAULTS, type Fault } from "./fault.ts";
import {
  binaryProperty,
  clearScan,
  Property,
  type PropertyScan,
  scanProperties,
  textProperty,
} from "./property-scan.ts";

/** One step of an authentication exchange (MQTT 5, 3.15), from the client. */
export interface AuthPacket {
  readonly kind: "auth";
  /** 0x00 success (server only), 0x18 continue, 0x19 re-authenticate. */
  readonly code: number;
  readonly method: string;
  readonly data: Buffer | null;
}

/** Reads the AUTH in [start, end); only MQTT 5 has it. */
export function decodeAuth(
  scan: PropertyScan,
  source: Buffer,
  start: number,
  end: number,
): AuthPacket | { readonly kind: "fault"; readonly fault: Fault } {
  if ((source[start] ?? 0) !== PacketType.auth << 4) return { kind: "fault", fault: FAULTS.flags }; // [MQTT-3.15.1-1]
  const at = bodyOffset(source, start);
  const code = at < end ? (source[at] ?? 0) : 0;
  if (code !== 0x18 && code !== 0x19) return { kind: "fault", fault: FAULTS.authCode }; // [MQTT-3.15.2-1]
  clearScan(scan, end);
  if (at + 1 < end) {
    const fault = scanProperties(scan, source, at + 1, end, PacketType.auth);
    if (fault !== null) return { kind: "fault", fault };
    if (scan.end !== end) return { kind: "fault", fault: FAULTS.tooLong };
  }
  const method = textProperty(scan, source, Property.authMethod);
  if (method === null) return { kind: "fault", fault: FAULTS.authWithoutMethod }; // 3.15.2.2.2
  return { kind: "auth", code, method, data: binaryProperty(scan, source, Property.authData) };
}
