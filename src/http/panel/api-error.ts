import type { ErrorBody, PlaceInfo } from "../../core/api/common.ts";

const STATUS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  changed: 412,
  too_large: 413,
  too_many: 429,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof STATUS;

/** Why a request is not carried out. Message and hint are sentences for people. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  readonly hint: string;
  readonly field: string | undefined;
  readonly where: PlaceInfo | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    hint: string,
    about: { readonly field?: string; readonly where?: PlaceInfo } = {},
  ) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.field = about.field;
    this.where = about.where;
  }

  /** The status of HTTP that goes with it. */
  get status(): (typeof STATUS)[ApiErrorCode] {
    return STATUS[this.code];
  }

  /** As it goes over the wire. */
  get body(): ErrorBody {
    const { code, message, hint, field, where } = this;
    return {
      error: {
        code,
        message,
        hint,
        ...(field === undefined ? {} : { field }),
        ...(where === undefined ? {} : { where }),
      },
    };
  }
}
