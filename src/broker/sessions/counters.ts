/** What the engine counts. The monitor reads; only the engine writes. */
export interface Counters {
  publishDenied: number;
  receiveDenied: number;
  subscribeDenied: number;
  unsubscribeDenied: number;
  /** Copies for one subscriber that were not delivered. Its queue held as many messages, or bytes, as it may. */
  droppedQueueMessages: number;
  droppedQueueBytes: number;
  /** It would have waited, and the broker is short of memory. */
  droppedMemory: number;
  /** QoS 0: as many bytes as may be are waiting for a client that does not read. */
  droppedUnsent: number;
  /** QoS 0: the client is away. */
  droppedOffline: number;
  /** Their time was over. Retained messages count too. */
  droppedExpired: number;
  /** Larger than the client takes. */
  droppedTooLarge: number;
  /** For a shared subscription of which nobody could take it. */
  droppedGroup: number;
  /** What a session that ended left behind. */
  droppedSessionEnd: number;
  /** Messages not accepted from a publisher that the rules allow: larger than the payload limit. */
  refusedOversize: number;
  /** The payload is not the text it says. */
  refusedText: number;
  /** The retained messages are at a limit, or none are taken. */
  refusedRetained: number;
  /** Faster than the roles of the client allow. */
  refusedRate: number;
  /** It was to be retained, and the broker is short of memory. */
  refusedMemory: number;
  /** Clients not let in: as many sessions as may be, or too little memory for another one. */
  refusedSessions: number;
  subscriptions: number;
  sharedSubscriptions: number;
  connections: number;
  sessionsExpired: number;
}

/** Starts all counters at 0. */
export function createCounters(): Counters {
  return {
    publishDenied: 0,
    receiveDenied: 0,
    subscribeDenied: 0,
    unsubscribeDenied: 0,
    droppedQueueMessages: 0,
    droppedQueueBytes: 0,
    droppedMemory: 0,
    droppedUnsent: 0,
    droppedOffline: 0,
    droppedExpired: 0,
    droppedTooLarge: 0,
    droppedGroup: 0,
    droppedSessionEnd: 0,
    refusedOversize: 0,
    refusedText: 0,
    refusedRetained: 0,
    refusedRate: 0,
    refusedMemory: 0,
    refusedSessions: 0,
    subscriptions: 0,
    sharedSubscriptions: 0,
    connections: 0,
    sessionsExpired: 0,
  };
}
