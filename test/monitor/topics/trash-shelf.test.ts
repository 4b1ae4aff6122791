import { appendFileSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fileShelf } from "../../../src/monitor/topics/trash-shelf.ts";
import { tempFolder } from "../../helpers/temp.ts";

test("what a full disk has taken of a line is in the way of no other", async () => {
  const path = join(tempFolder(), "trash");
  const shelf = await fileShelf(path);
  await shelf.append(["first"]);
  const file = await open(path, "r");
  await file.close();
  vi.spyOn(Object.getPrototypeOf(file), "appendFile").mockImplementationOnce(() => {
    appendFileSync(path, "ha");
    throw new Error("ENOSPC");
  });
  await expect(shelf.append(["half"])).rejects.toThrow("ENOSPC");
  const [place] = await shelf.append(["second"]);
  expect(await shelf.read(place ?? { offset: 0, length: 0 })).toBe("second");
  expect(readFileSync(path, "utf8")).toBe("first\nsecond\n");
  await shelf.close();
});
