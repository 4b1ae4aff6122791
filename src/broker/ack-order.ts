/**
 * Keeps acknowledgements in the order their messages came in [MQTT-4.6.0-2, MQTT-4.6.0-3]. The engine answers what
 * was let through a little later; an answer of our own to a later message waits for it.
 */
export interface AckOrder {
  /** A message was handed to the engine, which will answer it. */
  expect(packetId: number): void;
  /** Sends our own answer as soon as its turn has come. */
  answer(packet: Buffer): void;
  /** The engine's answer was sent. */
  answered(packetId: number): void;
}

/** Makes the order of one client and one QoS. */
export function createAckOrder(send: (packet: Buffer) => void): AckOrder {
  const waiting: (number | Buffer)[] = [];

  return {
    expect(packetId) {
      waiting.push(packetId);
    },
    answer(packet) {
      if (waiting.length === 0) send(packet);
      else waiting.push(packet);
    },
    answered(packetId) {
      const place = waiting.indexOf(packetId);
      if (place >= 0) waiting.splice(place, 1);
      for (let next = waiting[0]; next instanceof Buffer; next = waiting[0]) {
        waiting.shift();
        send(next);
      }
    },
  };
}
