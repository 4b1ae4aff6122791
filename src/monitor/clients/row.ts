import type { ClientFacts } from "../../core/client-facts.ts";
import type { ClientInfo as Named } from "../../core/events.ts";
import type { Entry } from "./book.ts";
import type { StateNow } from "./client-state.ts";

/** A client as far as it takes to count, find and sort it: there may be very many. */
export interface Row extends StateNow {
  readonly client: Named;
  /** What is remembered of it; undefined: nothing is. */
  readonly entry: Entry | undefined;
  /** null: it has no session. */
  readonly known: ClientFacts | null;
  /** Open problems about it. */
  readonly problems: number;
  /** Messages of the last minute, from the client and to it. */
  perMinIn(): number;
  perMinOut(): number;
}
