import { BackendError, messageOf } from "../../core/errors.ts";
import type { OptionStore } from "../../core/option-store.ts";
import { ApiError } from "./api-error.ts";

/** Replaces the options by what `edit` makes of them. @throws ApiError when that could not be done. */
export async function changeOptions(options: OptionStore, edit: Parameters<OptionStore["change"]>[0]): Promise<void> {
  try {
    await options.change(edit);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    throw new ApiError(
      "unavailable",
      `The options could not be changed (${messageOf(error)}). Nothing has changed.`,
      "Try again, or change them under Configuration.",
    );
  }
}
