import type { Directory } from "./types.ts";

/** Makes an empty directory. Its order is worked out when it is first asked for, and kept up from then on. */
export function createDirectory<T extends { readonly name: string }>(): Directory<T> {
  const entries = new Map<string, T>();
  let order: T[] | null = null;
  return {
    get size() {
      return entries.size;
    },
    get: (name) => entries.get(name),
    add(entry) {
      entries.set(entry.name, entry);
      order?.splice(placeOf(order, entry.name), 0, entry);
    },
    remove(entry) {
      if (!entries.delete(entry.name)) return;
      order?.splice(placeOf(order, entry.name), 1);
    },
    sorted() {
      order ??= [...entries.values()].toSorted((a, b) => compareNames(a.name, b.name));
      return order;
    },
  };
}

/** Compares names by the bytes of their UTF-8, as Mosquitto sorts them. */
export function compareNames(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let at = 0; at < end; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

/** In UTF-8 a surrogate pair comes after every other character, in UTF-16 before U+E000. */
function rank(unit: number): number {
  return unit >= 0xd8_00 && unit <= 0xdf_ff ? unit + 0x1_00_00 : unit;
}

/** Where a name is in the order, or would be. */
function placeOf(order: readonly { readonly name: string }[], name: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareNames(order[middle]?.name ?? "", name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
