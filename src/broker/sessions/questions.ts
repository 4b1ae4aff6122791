import type { Access, AskedAction } from "../../core/types.ts";
import { PacketType } from "../packets/codes.ts";
import { decodePublish } from "../packets/publish-header.ts";
import { decodeSubscribe } from "../packets/subscribe-packet.ts";
import { parseFilter } from "../routing/filter.ts";
import type { Context } from "./context.ts";
import { topicOf } from "./inbound.ts";
import { mountedFilter } from "./mount-point.ts";
import { pump } from "./outbound.ts";
import { forgetDecisions } from "./permissions.ts";
import type { Connection, Session } from "./session.ts";
import { recheckSubscriptions } from "./subscribe.ts";

const AT_A_TIME = 4;

/** Asks what the rules of a client have to be asked before the packet in [start, end) is taken; null: nothing. */
export function questionOf(
  context: Context,
  connection: Connection,
  chunk: Buffer,
  start: number,
  end: number,
): Promise<unknown> | null {
  const { session } = connection;
  const { prepare } = session.access;
  if (prepare === undefined) return null;
  switch ((chunk[start] ?? 0) >> 4) {
    case PacketType.publish: {
      // a packet with a fault is judged when it is taken
      if (decodePublish(context.header, chunk, start, end, connection.version) !== null) return null;
      const entry = topicOf(context, connection, chunk);
      if ("sentence" in entry) return null;
      // the answer that counts is the one of the source, which knows how old it is
      session.publishDecisions?.delete(entry.text);
      connection.lastTopic = null;
      return prepare("publish", entry.text);
    }
    case PacketType.subscribe: {
      const packet = decodeSubscribe(context.header.properties, chunk, start, end, connection.version);
      if (packet.kind === "fault") return null;
      const filters = packet.requests.flatMap(({ filter: written }) => {
        const filter = parseFilter(written, context.limits.maxTopicLevels);
        return filter === null ? [] : [mountedFilter(session.mountPoint, filter).text];
      });
      // what is granted now may be received
      session.receiveDecisions = null;
      return askAll(
        prepare,
        filters.map((filter) => ["subscribe", filter]),
      );
    }
    default:
      return null;
  }
}

/** Asks about what a client is and was allowed for longer than one packet: its subscriptions and its will. */
export function standingQuestionOf({ access, subscriptions, will }: Session): Promise<unknown> | null {
  const { prepare } = access;
  if (prepare === undefined) return null;
  const asked: Question[] = [...subscriptions.keys()].map((filter) => ["subscribe", filter]);
  if (will !== null) asked.push(["publish", will.topic]);
  return askAll(prepare, asked);
}

/**
 * Brings a session in line with what its rules say now that `asked` was asked about it; false: they say the same about
 * its subscriptions. Rules that came meanwhile have to be asked themselves.
 */
export function useAnswers(context: Context, session: Session, asked: Access): boolean {
  const wasHeld = session.isHeld;
  if (session.access === asked) session.isHeld = false;
  forgetDecisions(session);
  const isChanged = recheckSubscriptions(context, session);
  const isReleased = wasHeld && !session.isHeld;
  // routes remember who may receive
  if (isChanged || isReleased) context.router.invalidate();
  if (isReleased) {
    pump(context, session);
    if (session.replays !== null) context.replays.ready.add(session);
  }
  return isChanged;
}

type Question = readonly [action: AskedAction, topic: string];

/** Asks about topics that somebody without a connection is to publish to; null: there is nothing to ask. */
export function publishQuestion({ prepare }: Access, topics: Iterable<string>): Promise<unknown> | null {
  if (prepare === undefined) return null;
  return askAll(
    prepare,
    [...topics].map((topic) => ["publish", topic]),
  );
}

/** Asks from `from` on, a few at a time: a client with many subscriptions must not fill the way of all others. */
function askAll(
  prepare: NonNullable<Access["prepare"]>,
  questions: readonly Question[],
  from = 0,
): Promise<unknown> | null {
  const open: Promise<void>[] = [];
  for (const [offset, question] of questions.slice(from).entries()) {
    const [action, topic] = question;
    const asked = prepare(action, topic);
    if (asked !== null) open.push(asked);
    if (open.length === AT_A_TIME) return Promise.all(open).then(() => askAll(prepare, questions, from + offset + 1));
  }
  return open.length === 0 ? null : Promise.all(open);
}
