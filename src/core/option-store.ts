import type { RawObject } from "./raw-object.ts";

/** The options of the app, for who may change them. */
export interface OptionStore {
  /**
   * Replaces them by what `edit` makes of them, and keeps that through restarts; one change after the other.
   * @throws BackendError when that could not be done; then nothing has changed.
   */
  change(edit: (options: RawObject) => RawObject): Promise<void>;
}
