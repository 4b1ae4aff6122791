import type { Answer, Refusal } from "./types.ts";

/** Reason codes of MQTT 5 that dialects tell apart. */
export const DENIED = 0x87;
const RATE_TOO_HIGH = 0x96;
export const BAD_TOPIC = 0x90;

/** The status that every dialect answers a refusal with. */
export function statusOf(refusal: Refusal): Answer["status"] {
  switch (refusal.kind) {
    case "login":
      return 401;
    case "unavailable":
    case "busy":
      return 503;
    case "too many failures":
      return 429;
    case "body too large":
      return 413;
    case "foreign page":
      return 403;
    case "message":
      return refusal.code === DENIED ? 403 : refusal.code === RATE_TOO_HIGH ? 429 : 400;
  }
}

/** Says why nothing was published, in the words of the log where there are some. */
export function sentenceOf(refusal: Refusal): string {
  switch (refusal.kind) {
    case "login":
      return "Unauthorized";
    case "unavailable":
      return refusal.sentence;
    case "too many failures":
      return `Too many logins from this address failed. Nothing from it is looked at for ${refusal.waitS} s. Then use the right name and password.`;
    case "busy":
      return "Too many requests are being read at this moment. This one was not. Send it again in some seconds.";
    case "body too large":
      return `The request is larger than ${refusal.limit} bytes. It was not read. Send less, or raise max_packet_size.`;
    case "foreign page":
      return "A web page of another site sent this request. Nothing was published.";
    case "message":
      return refusal.reason.sentence;
  }
}
