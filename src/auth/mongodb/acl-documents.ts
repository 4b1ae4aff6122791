import type { RawObject } from "../../core/raw-object.ts";
import type { NamedRow } from "../database/acl-rows.ts";

/** What documents of rules say. */
export interface DocumentRows {
  /** As EMQX 5 has them. */
  readonly rows: readonly NamedRow[];
  readonly faults: readonly string[];
  /** Whether there is one of EMQ 2, where the documents are all that a client may do. */
  readonly isEmq2: boolean;
}

/**
 * Reads documents with rules, of either EMQ:
 *
 *     { username: "alice", publish: ["a/1"], subscribe: ["a/+"], pubsub: ["home/%u/#"] }
 *     { username: "alice", permission: "deny", action: "all", topics: ["$SYS/#", "eq #"] }
 */
export function rowsInDocuments(documents: readonly RawObject[]): DocumentRows {
  const rows: NamedRow[] = [];
  const faults: string[] = [];
  let isEmq2 = false;
  for (const [index, document] of documents.entries()) {
    const name = `document ${index + 1}`;
    const add = (field: string, terms: RawObject): void => {
      const topics: readonly unknown[] = [document[field]].flat();
      for (const topic of topics) rows.push({ name, row: { ...conditionsOf(document), ...terms, topic } });
    };
    if (Object.hasOwn(document, "permission")) {
      const { permission, action, qos, retain } = document;
      add(Object.hasOwn(document, "topics") ? "topics" : "topic", { permission, action, qos, retain });
      continue;
    }
    const lists = Object.entries(EMQ2).filter(([field]) => Array.isArray(document[field]));
    isEmq2 ||= lists.length > 0;
    for (const [field, action] of lists) add(field, { permission: "allow", action });
    if (lists.length === 0) {
      faults.push(`${name} has neither permission nor a list publish, subscribe or pubsub, and is left out`);
    }
  }
  return { rows, faults, isEmq2 };
}

const EMQ2 = { publish: "publish", subscribe: "subscribe", pubsub: "all" };

/** What a document names besides must hold. */
function conditionsOf({ username, clientid, ipaddr, ipaddress }: RawObject): RawObject {
  return { username, clientid, ipaddr, ipaddress };
}
