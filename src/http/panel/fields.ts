import type { RawObject } from "../../core/raw-object.ts";
import { ApiError } from "./api-error.ts";

/** Reads a text that must be there. @throws ApiError */
export function textOf(body: RawObject, field: string): string {
  const value = body[field];
  if (typeof value === "string" && value !== "") return value;
  throw unfitField(field, "Write it as text.");
}

/** Reads a text that may be missing; an empty one of a form is missing. @throws ApiError */
export function optionalTextOf(body: RawObject, field: string): string | null {
  const value = body[field] ?? "";
  if (typeof value !== "string") throw unfitField(field, "Write it as text.");
  return value === "" ? null : value;
}

/** Reads a list of texts; null: it is missing. @throws ApiError */
export function textsOf(body: RawObject, field: string): readonly string[] | null {
  const value = body[field] ?? null;
  if (value === null) return null;
  if (Array.isArray(value) && value.every((entry) => typeof entry === "string")) return value;
  throw unfitField(field, "Write a list of texts.");
}

/** Says which member of a body is wrong. */
export function unfitField(field: string, hint: string): ApiError {
  return new ApiError("invalid", `"${field}" is missing or cannot be used.`, hint, { field });
}
