/** What the engine counts. The monitor reads; only the engine writes. */
export interface Counters {
  publishDenied: number;
  receiveDenied: number;
  subscribeDenied: number;
  /** Not delivered, by reason. */
  droppedQueueFull: number;
  droppedUnsent: number;
  droppedExpired: number;
  droppedTooLarge: number;
  droppedOffline: number;
  droppedSessionEnd: number;
  /** Not accepted from a publisher: payload limit, payload that is not the text it says, retained limits. */
  refusedPublish: number;
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
    droppedQueueFull: 0,
    droppedUnsent: 0,
    droppedExpired: 0,
    droppedTooLarge: 0,
    droppedOffline: 0,
    droppedSessionEnd: 0,
    refusedPublish: 0,
    subscriptions: 0,
    sharedSubscriptions: 0,
    connections: 0,
    sessionsExpired: 0,
  };
}
