/**
 * Draws a text as a QR code, with a border: a row of "#" for dark and " " for light each. The library is loaded when
 * somebody adds a device, and no page has to carry it.
 */
export async function qrRows(text: string): Promise<readonly string[]> {
  const { encode } = await import("uqr");
  return encode(text, { border: 2 }).data.map((row) => row.map((isDark) => (isDark ? "#" : " ")).join(""));
}
