import { constants } from "node:fs";
import { open } from "node:fs/promises";

/** Larger than any file of a configuration; what is as large was put there by mistake, or grows. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads a file that people may put anything in the place of. A pipe would be waited for without an end, and with it one
 * of the four threads that read all files and check all passwords.
 * @throws the system's error, or one whose message says what it is instead of a file.
 */
export async function readRegularFile(path: string, maxBytes = MAX_BYTES): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile()) throw new Error("it is not a file");
    const chunks: Buffer[] = [];
    let bytes = 0;
    // its size may be another meanwhile
    for await (const chunk of file.createReadStream({ autoClose: false, end: maxBytes })) {
      if (!(chunk instanceof Buffer)) continue;
      bytes += chunk.length;
      chunks.push(chunk);
    }
    if (bytes > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MiB`);
    return Buffer.concat(chunks, bytes);
  } finally {
    await file.close();
  }
}
