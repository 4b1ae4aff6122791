import { join } from "node:path";
import { expect, test } from "vitest";
import { createTrash, type Discarded } from "../../../src/monitor/topics/trash.ts";
import { fileShelf, type Shelf } from "../../../src/monitor/topics/trash-shelf.ts";
import { tempFolder } from "../../helpers/temp.ts";

test("what is stored is stored, also when the tidying up behind it fails", async () => {
  const path = join(tempFolder(), "trash");
  let failures = 0;
  const openShelf = async (): Promise<Shelf> => ({
    ...(await fileShelf(path)),
    replace() {
      failures++;
      return Promise.reject(new Error("ENOSPC"));
    },
  });
  const trash = createTrash(openShelf, () => 1000);
  const [large = ""] = await trash.put([discarded("a", "x".repeat(100_000))]);
  await trash.forget([large]);
  expect(failures).toBe(1);
  const [id = ""] = await trash.put([discarded("b", "kept")]);
  expect(failures).toBe(2);
  expect((await trash.list()).map(({ topic }) => topic)).toEqual(["b"]);
  expect((await trash.get(id))?.payload.toString()).toBe("kept");
  await trash.close();
  const tidied = createTrash(
    () => fileShelf(path),
    () => 1000,
  );
  expect((await tidied.list()).map(({ topic }) => topic)).toEqual(["b"]);
  await tidied.close();
});

function discarded(topic: string, payload: string): Discarded {
  return {
    topic,
    qos: 0,
    payload: Buffer.from(payload),
    properties: Buffer.alloc(0),
    expiresAtMs: null,
    deletedAtMs: 1000,
    deletedBy: "tester",
  };
}
