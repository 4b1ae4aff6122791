import { dirname } from "node:path";
import { DamagedFileError, ForeignFileError } from "./broker/mosquitto-db/damage.ts";
import { RemoteError } from "./broker/retained-copy/remote.ts";
import { ForeignDatabaseError } from "./broker/storage/load.ts";
import { StoreInUseError } from "./broker/storage/merge.ts";
import { codeOf, messageOf } from "./core/errors.ts";
import type { Problem } from "./core/types.ts";

const OVER_MQTT = "copy the retained messages of the running broker: culex import mqtt://user@host:1883";

/** What to tell when a mosquitto.db cannot be read. @throws what is not its fault. */
export function fileProblem(file: string, error: unknown): Problem {
  if (error instanceof DamagedFileError) {
    return failed(
      `${file}, byte ${error.offset}: ${error.message}.`,
      "Copy the file again while Mosquitto is stopped.",
    );
  }
  if (error instanceof ForeignFileError) {
    switch (error.kind) {
      case "sqlite":
        return failed(
          `${file}: this is a database of Mosquitto's SQLite plugin, which is not read.`,
          `Start Mosquitto on it and ${OVER_MQTT}`,
        );
      case "older":
        return failed(
          `${file}: Mosquitto 1.6 or older wrote this file (${error.message} of the format).`,
          "Start Mosquitto 2 on it once; it writes version 6.",
        );
      case "newer":
        return failed(
          `${file}: ${error.message} of the format is not known; 6 is.`,
          `Start Mosquitto on it and ${OVER_MQTT}`,
        );
      case "unknown":
        return failed(
          `${file}: this is no mosquitto.db.`,
          "Name the file that Mosquitto writes, usually /var/lib/mosquitto/mosquitto.db.",
        );
    }
  }
  const code = codeOf(error);
  if (code === "ENOENT") return failed(`${file}: there is no such file.`, "Check its name.");
  if (code === null) throw error;
  return failed(`${file}: it cannot be read (${code}).`, "Make it readable and try again.");
}

/** What to tell when another broker cannot be asked. @throws what is not its fault. */
export function remoteProblem(address: string, error: unknown): Problem {
  if (!(error instanceof RemoteError)) throw error;
  return failed(
    `${address}: ${error.message}.`,
    error.kind === "refused" ? "Check user name and password." : "Check host and port, and that the broker runs.",
  );
}

/** What to tell when nothing can be added to the store. @throws what is not its fault. */
export function storeProblem(store: string, error: unknown): Problem {
  if (error instanceof StoreInUseError) {
    return failed(`${store}: a broker runs on this store.`, "Stop it and try again.");
  }
  if (error instanceof ForeignDatabaseError) {
    return failed(
      `${store}: this store was not written by this version (${error.message}).`,
      "Name another one, or install the newer version.",
    );
  }
  const code = codeOf(error);
  if (code === "EACCES" || code === "EROFS" || code === "ENOENT") {
    return failed(
      `${store}: the folder ${dirname(store)} cannot be written (${code}).`,
      "Make it writable, or name the store with --into.",
    );
  }
  if (code === null) throw error;
  return failed(
    `${store}: the store cannot be written (${messageOf(error)}).`,
    "Free some space, or restore a backup.",
  );
}

function failed(what: string, fix: string): Problem {
  return { severity: "error", what, now: "Nothing was imported.", fix };
}
