/** Counts logins that failed, so that passwords cannot be tried one after the other. */
export interface Attempts {
  /** Seconds until an address is heard again; 0: now. */
  waitS(address: string): number;
  failed(address: string): void;
}

const MAX_FAILURES = 10;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; then the one that began first is forgotten. */
const MAX_ADDRESSES = 10_000;

/** Ten failures of one address in a minute are taken; then nothing of it is looked at until that minute is over. */
export function createAttempts(now: () => number): Attempts {
  const failures = new Map<string, { readonly endsAtMs: number; count: number }>();
  return {
    waitS(address) {
      const known = failures.get(keyOf(address));
      if (known === undefined || known.count < MAX_FAILURES) return 0;
      return Math.max(0, Math.ceil((known.endsAtMs - now()) / 1000));
    },
    failed(address) {
      const key = keyOf(address);
      const known = failures.get(key);
      if (known !== undefined && known.endsAtMs > now()) {
        known.count++;
        return;
      }
      failures.delete(key);
      const [oldest] = failures.keys();
      if (oldest !== undefined && failures.size >= MAX_ADDRESSES) failures.delete(oldest);
      failures.set(key, { endsAtMs: now() + WINDOW_MS, count: 1 });
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
