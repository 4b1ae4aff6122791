import type { ClientInfo, ClientState } from "../../core/api/clients.ts";
import type { Page } from "../../core/api/common.ts";
import { createPauses } from "../pauses.ts";
import type { Row } from "./row.ts";

/** Which part of the list of clients is wanted. */
export interface ClientQuery {
  /** In the client id, the user, the address or the last topic; in small letters. */
  readonly words: string;
  /** null: in any. */
  readonly states: readonly ClientState[] | null;
  readonly sort: "id" | "user" | "state" | "since" | "in" | "out" | "queued" | "problems";
  readonly isDescending: boolean;
  readonly start: number;
  readonly limit: number;
}

/** All states, in the order in which they are sorted. */
const STATES: readonly ClientState[] = ["connected", "asleep", "overdue", "gone", "refused"];

interface FindDeps {
  readonly rows: () => Iterable<Row>;
  readonly infoOf: (row: Row) => ClientInfo;
}

/** Finds a part of all clients, with rests for everybody else: only what is answered is told in full. */
export async function findClients({ rows, infoOf }: FindDeps, query: ClientQuery): Promise<Page<ClientInfo>> {
  const { words, states, start, limit } = query;
  const end = start + limit;
  const compare = comparison(query);
  const pauses = createPauses();
  let first: Row[] = [];
  let total = 0;
  for (const row of rows()) {
    if (pauses.isDue()) await pauses.rest();
    if ((states !== null && !states.includes(row.state)) || !holds(row, words)) continue;
    total++;
    first.push(row);
    // what cannot be on this page any more need not be sorted
    if (first.length >= 2 * end + 1000) first = first.toSorted(compare).slice(0, end);
  }
  const items = first.toSorted(compare).slice(start, end);
  return { items: items.map(infoOf), total, next: end < total ? String(end) : null };
}

function holds({ client: { clientId, username, address }, known }: Row, words: string): boolean {
  if (words === "") return true;
  return [clientId, username ?? "", address, known?.lastTopic ?? ""].some((text) => text.toLowerCase().includes(words));
}

type Compare = (a: Row, b: Row) => number;

function comparison({ sort, isDescending }: ClientQuery): Compare {
  const sign = isDescending ? -1 : 1;
  const by = (compare: Compare): Compare => {
    return (a, b) => sign * compare(a, b) || byText(a.client.clientId, b.client.clientId);
  };
  switch (sort) {
    case "id":
      return (a, b) => sign * byText(a.client.clientId, b.client.clientId);
    case "user":
      return by((a, b) => byText(a.client.username ?? "", b.client.username ?? ""));
    case "state":
      return by((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state));
    case "since":
      return by((a, b) => a.sinceMs - b.sinceMs);
    case "in":
      return by((a, b) => a.perMinIn() - b.perMinIn());
    case "out":
      return by((a, b) => a.perMinOut() - b.perMinOut());
    case "queued":
      return by((a, b) => (a.known?.queued.bytes ?? 0) - (b.known?.queued.bytes ?? 0));
    case "problems":
      return by((a, b) => a.problems - b.problems);
  }
}

/** "pump-2" stands before "pump-10". */
const { compare: byText } = new Intl.Collator("en", { numeric: true });
