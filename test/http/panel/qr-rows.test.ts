import { expect, test } from "vitest";
import { qrRows } from "../../../src/http/panel/qr-rows.ts";

const EYE = ["#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######"];

test("a text becomes a square with a border and three eyes, by which a camera finds it", async () => {
  const rows = await qrRows("mqtt://plug:secret@192.0.2.4:1883");
  const size = rows.length;
  expect(rows.every((row) => row.length === size)).toBe(true);
  // a square of 21 and four more for each version, and the border [ISO/IEC 18004, 5.3.1]
  expect((size - 4 - 21) % 4).toBe(0);
  for (const [top, left] of [
    [2, 2],
    [2, size - 9],
    [size - 9, 2],
  ] as const)
    expect(rows.slice(top, top + 7).map((row) => row.slice(left, left + 7))).toEqual(EYE);
  for (const edge of [0, 1, size - 2, size - 1]) expect(rows[edge]).toBe(" ".repeat(size));
  expect(await qrRows("mqtt://plug:other!@192.0.2.4:1883")).not.toEqual(rows);
});
