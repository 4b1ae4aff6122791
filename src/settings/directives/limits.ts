import {
  EXPIRATION,
  numberLimits,
  type NumberLimit,
  parseExpiration,
  parseServerReference,
  rate,
  SERVER_REFERENCE,
  switchLimits,
  toQos,
} from "../limits.ts";
import type { ListenerLimits } from "../types.ts";
import { used, type Draft } from "./draft.ts";
import { onListener, replaceListener } from "./listener.ts";
import { bool, firstWord, int, row, wrongValue, type DirectiveRow } from "./row.ts";

const OF_LISTENER = [
  "max_qos",
  "max_topic_alias",
  "max_topic_alias_broker",
  "max_connect_rate",
  "max_message_rate",
  "max_byte_rate",
] as const satisfies readonly NumberLimit[];

type LimitOfListener = (typeof OF_LISTENER)[number];

/** Below one they mean no limit, as in mosquitto. */
const NEGATIVE_IS_NONE: ReadonlySet<NumberLimit> = new Set([
  "global_max_connections",
  "global_max_clients",
  "max_inflight_messages",
]);

const LOWEST = -0x7f_ff_ff_ff;
const MOST = 0x7f_ff_ff_ff;

/** Every limit, by mosquitto's names and our own; those of a listener stand below it. */
export const limitDirectives: readonly DirectiveRow[] = [
  ...numberLimits.flatMap(({ name, minimum, maximum }) =>
    isOfListener(name) ? [] : [globalLimit(name, minimum, maximum)],
  ),
  ...switchLimits.map(({ name }) =>
    bool(name, (draft, value) => {
      const { limits } = draft;
      return used({ ...draft, limits: { ...limits, switches: { ...limits.switches, [name]: value } } });
    }),
  ),
  row(EXPIRATION, (draft, line) => {
    const expirationS = parseExpiration(firstWord(line.value));
    if (expirationS === null) {
      return wrongValue(draft, line, "is not a time", "Write a number and s, h, d, w, m or y: 14d is two weeks.");
    }
    return used({ ...draft, limits: { ...draft.limits, expirationS } });
  }),
  row(SERVER_REFERENCE, (draft, line) => {
    const serverReference = parseServerReference(line.value);
    if (serverReference === null) {
      return wrongValue(draft, line, "is not where a broker is", "Write host:port, several with spaces between.");
    }
    return used({ ...draft, limits: { ...draft.limits, serverReference } });
  }),
  listenerLimit("max_qos", 2, (maximumQos) => ({ maximumQos: toQos(maximumQos) })),
  // its name in earlier versions
  listenerLimit("maximum_qos", 2, (maximumQos) => ({ maximumQos: toQos(maximumQos) })),
  listenerLimit("max_topic_alias", 65_535, (topicAliasMaximum) => ({ topicAliasMaximum })),
  listenerLimit("max_topic_alias_broker", 65_535, (topicAliasMaximumOut) => ({ topicAliasMaximumOut })),
  listenerLimit("max_connect_rate", MOST, (value) => ({ maxConnectRate: rate(value) })),
  listenerLimit("max_message_rate", MOST, (value) => ({ maxMessageRate: rate(value) })),
  listenerLimit("max_byte_rate", MOST, (value) => ({ maxByteRate: rate(value) })),
];

function isOfListener(name: NumberLimit): name is LimitOfListener {
  return OF_LISTENER.some((ofListener) => ofListener === name);
}

function globalLimit(name: NumberLimit, minimum: number, maximum: number): DirectiveRow {
  const min = NEGATIVE_IS_NONE.has(name) ? LOWEST : minimum;
  return int(name, { min, max: maximum }, (draft: Draft, value) => {
    const { limits } = draft;
    const numbers = { ...limits.numbers, [name]: Math.max(value, minimum) };
    return used({ ...draft, limits: { ...limits, numbers } });
  });
}

function listenerLimit(
  name: LimitOfListener | "maximum_qos",
  max: number,
  toLimits: (value: number) => Partial<ListenerLimits>,
): DirectiveRow {
  return int(
    name,
    { min: 0, max },
    onListener((draft, index, value) =>
      used(
        replaceListener(draft, index, (listener) => ({
          ...listener,
          limits: { ...listener.limits, ...toLimits(value) },
        })),
      ),
    ),
  );
}
