import { BackendError, codeOf, messageOf } from "../../core/errors.ts";
import { createSlots } from "../../core/slots.ts";
import { untilAborted } from "../../core/until-aborted.ts";

/** One connection of a driver. */
export interface PooledConnection {
  /** Whether it can carry another question. */
  isOpen(): boolean;
  /** Says goodbye. */
  end(): Promise<void>;
  /** Ends it at once, whatever it waits for. */
  cut(): void;
}

/** A connection that is being made; it can be cut before it is there. */
export interface Opening<C> {
  readonly connection: Promise<C>;
  cut(): void;
}

/** A few connections, opened when they are needed. */
export interface Pool<C> {
  /** @throws BackendError when there was no answer, or none in time; it may be back for the next question. */
  use<T>(question: (connection: C) => Promise<T>, signal: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

interface PoolInput<C> {
  readonly open: () => Opening<C>;
  /** Connections at most. */
  readonly width: number;
}

/** Longest for TCP, TLS and login together. */
export const CONNECT_MS = 3000;
/** Longest for one question. */
export const QUERY_MS = 5000;

/** Questions that wait for a connection. */
const PLACES = 10_000;

/** The questions to one database, so many at a time. */
interface Turns {
  /**
   * Asks when it is the question's turn; its signal aborts when nobody waits for the answer any more.
   * @throws BackendError when there was no answer, or none in time.
   */
  ask<T>(question: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Ends all questions, and answers no other. */
  close(): void;
}

/** Makes turns for `width` questions at a time. */
export function createTurns(width: number): Turns {
  const slots = createSlots(width, PLACES, "too many questions wait for the database");
  const closing = new AbortController();
  return {
    async ask(question, signal) {
      const bounded = AbortSignal.any([signal, closing.signal]);
      const inTime = (): AbortSignal => AbortSignal.any([bounded, AbortSignal.timeout(QUERY_MS)]);
      try {
        return await slots.run(() => question(inTime()), bounded);
      } catch (error) {
        throw error instanceof BackendError ? error : new BackendError(textOf(error), { cause: error });
      }
    },
    close: () => closing.abort(new BackendError("the login source is closed")),
  };
}

/** Some errors have a code and no text, and that of a clock does not say who was late. */
function textOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "the database did not answer in time";
  const text = messageOf(error);
  return text === "" ? (codeOf(error) ?? "the database gave no reason") : text;
}

/**
 * Makes a pool. The drivers have pools of their own, but those keep waiting for a connection whose other side is
 * silent; here whatever takes too long is cut, and one whose question failed is not used again: nobody knows what else
 * it will say.
 */
export function createPool<C extends PooledConnection>({ open, width }: PoolInput<C>): Pool<C> {
  const turns = createTurns(width);
  const idle: C[] = [];

  const connect = async (signal: AbortSignal): Promise<C> => {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]);
    const opening = open();
    try {
      return await untilAborted(opening.connection, inTime);
    } catch (error) {
      opening.cut();
      throw error;
    }
  };

  const take = async (signal: AbortSignal): Promise<C> => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isOpen()) return connection;
      connection.cut();
    }
    return connect(signal);
  };

  const ask = async <T>(question: (connection: C) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const connection = await take(signal);
    try {
      const answer = await untilAborted(question(connection), signal);
      idle.push(connection);
      return answer;
    } catch (error) {
      connection.cut();
      throw error;
    }
  };

  return {
    use: (question, signal) => turns.ask((inTime) => ask(question, inTime), signal),

    async close() {
      turns.close();
      const goodbye = AbortSignal.timeout(GOODBYE_MS);
      await Promise.allSettled(
        idle.splice(0).map(async (connection) => {
          await untilAborted(connection.end(), goodbye).finally(() => connection.cut());
        }),
      );
    },
  };
}

/** How long a database may take to answer our goodbye. */
export const GOODBYE_MS = 500;
