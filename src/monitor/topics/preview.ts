import type { Preview } from "../../core/api/topics.ts";

/** Characters, or bytes of what is no text, that a detail shows. */
export const DETAIL = 4096;
/** The same for a row of a list. */
export const ROW = 120;
/** A picture is shown whole or not at all. */
const MAX_IMAGE_BYTES = 512 * 1024;

const EMPTY: Preview = { kind: "empty", text: "", truncated: false };
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/** Shows a payload of `total` bytes, of which `start` are the first. */
export function previewOf(start: Uint8Array, total: number, most: number): Preview {
  if (total === 0) return EMPTY;
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  if (beginsWith(bytes, PNG) || beginsWith(bytes, JPEG)) return imageOf(bytes, total, most);
  // only as much as can be shown is decoded: four bytes are one character at least
  const head = bytes.subarray(0, most * 4);
  const text = textOf(head, head.length < total);
  if (text === null) {
    const shown = bytes.subarray(0, most);
    return { kind: "binary", text: shown.toString("hex"), truncated: shown.length < total };
  }
  const shown = cut(text, most);
  const kind = /^\s*[[{]/.test(text) && isJson(text, head.length < total) ? "json" : "text";
  return { kind, text: shown, truncated: shown.length < text.length || head.length < total };
}

function imageOf(bytes: Buffer, total: number, most: number): Preview {
  const isShown = most >= DETAIL && bytes.length === total && total <= MAX_IMAGE_BYTES;
  return { kind: "image", text: isShown ? bytes.toString("base64") : "", truncated: !isShown };
}

function beginsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/** UTF-8 text that people can read; null: it is none. The last character of what was cut may be missing. */
function textOf(bytes: Buffer, isCut: boolean): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut });
    // tabs and line ends apart, control characters are a sign of something else
    // oxlint-disable-next-line no-control-regex -- that is what is looked for
    return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

/** What was cut off cannot be parsed: it begins like JSON, and that has to do. */
function isJson(text: string, isCut: boolean): boolean {
  if (isCut) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first characters, and no half of one. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd8_00 && last <= 0xdb_ff ? most - 1 : most);
}
