const UNITS: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["kb", 1024],
  ["mb", 1024 ** 2],
  ["gb", 1024 ** 3],
]);

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["ms", 0.001],
  ["", 1],
  ["s", 1],
  ["m", 60],
  ["h", 3600],
  ["d", 86_400],
  ["w", 604_800],
]);

/** Reads a size as EMQ writes it: "64KB", "1MB", "500". null: it is none. */
export function bytesOf(text: string): number | null {
  return measured(text, UNITS);
}

/** Reads a time as EMQ writes it, in seconds: "60", "30s", "2h", "1h30m". null: it is none. */
export function secondsOf(text: string): number | null {
  const parts = text.match(/\d+[a-z]*/gi) ?? [];
  if (parts.length === 0 || parts.join("") !== text) return null;
  const values = parts.map((part) => measured(part, SECONDS));
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

/** Reads a switch as EMQ writes it: "on", "off", "true", "false". null: it is none. */
export function flagOf(text: string): boolean | null {
  switch (text.toLowerCase()) {
    case "on":
    case "true":
      return true;
    case "off":
    case "false":
      return false;
    default:
      return null;
  }
}

/** Gives a path of EMQ as it is seen from the folder of the conf file, which in EMQ is `etc`: "etc/acl.conf" is "acl.conf". */
export function pathInEtc(path: string): string {
  return path.startsWith("etc/") ? path.slice("etc/".length) : path;
}

function measured(text: string, units: ReadonlyMap<string, number>): number | null {
  const { count = "", unit = "" } = /^(?<count>\d{1,12})[ ]?(?<unit>[a-z]*)$/i.exec(text)?.groups ?? {};
  const size = units.get(unit.toLowerCase());
  return count === "" || size === undefined ? null : Number(count) * size;
}
