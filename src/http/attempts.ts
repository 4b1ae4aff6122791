/** Counts logins that failed, so that passwords cannot be tried one after the other, nor all at once. */
export interface Attempts {
  /** Seconds until an address is heard again; 0: now. */
  waitS(address: string): number;
  failed(address: string): void;
  /**
   * Begins an attempt that takes a while, when as many may be made at the same time; gives the function to end it with,
   * or the seconds until the address is heard again.
   */
  begin(address: string): Promise<number | EndAttempt>;
}

type EndAttempt = (hasFailed: boolean) => void;

interface Known {
  endsAtMs: number;
  failures: number;
  /** Attempts under way: as many of them may fail as there are. */
  open: number;
  readonly waiting: (() => void)[];
}

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; then the one that began first is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Ten failures of one address in a minute are taken; then nothing of it is looked at until that minute is over. */
export function createAttempts(now: () => number): Attempts {
  const addresses = new Map<string, Known>();

  const knownOf = (address: string): Known => {
    const key = keyOf(address);
    const old = addresses.get(key);
    if (old !== undefined && (old.endsAtMs > now() || old.open > 0)) return old;
    addresses.delete(key);
    const [oldest] = addresses.keys();
    if (oldest !== undefined && addresses.size >= MAX_ADDRESSES) addresses.delete(oldest);
    const known: Known = { endsAtMs: 0, failures: 0, open: 0, waiting: [] };
    addresses.set(key, known);
    return known;
  };
  const wait = ({ failures, endsAtMs }: Known): number =>
    failures < MAX_FAILURES ? 0 : Math.max(0, Math.ceil((endsAtMs - now()) / 1000));
  const fail = (known: Known): void => {
    if (known.endsAtMs <= now()) {
      known.endsAtMs = now() + WINDOW_MS;
      known.failures = 0;
    }
    known.failures++;
  };
  const failuresOf = ({ failures, endsAtMs }: Known): number => (endsAtMs > now() ? failures : 0);

  return {
    waitS(address) {
      const known = addresses.get(keyOf(address));
      return known === undefined ? 0 : wait(known);
    },
    failed: (address) => fail(knownOf(address)),
    async begin(address) {
      const known = knownOf(address);
      while (failuresOf(known) < MAX_FAILURES && failuresOf(known) + known.open >= MAX_FAILURES) {
        await new Promise<void>((resolve) => known.waiting.push(resolve));
      }
      if (wait(known) > 0) return wait(known);
      known.open++;
      return (hasFailed) => {
        known.open--;
        if (hasFailed) fail(known);
        for (const goOn of known.waiting.splice(0)) goOn();
      };
    },
  };
}

/** Of IPv6 the network counts: a machine has as many addresses in it as it likes. */
function keyOf(address: string): string {
  if (!address.includes(":")) return address;
  const [before = "", after = ""] = address.split("::");
  const groups = before.split(":").filter((group) => group !== "");
  const rest = after.split(":").filter((group) => group !== "");
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => "0");
  const all = address.includes("::") ? [...groups, ...zeros, ...rest] : groups;
  return all.slice(0, 4).join(":");
}
