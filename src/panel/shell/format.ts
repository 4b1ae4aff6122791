/** Writes figures and times as people of that language do. */
export interface Format {
  number(value: number): string;
  /** "1.2 MB" */
  bytes(value: number): string;
  /** "3 May 2026, 12:04:11" */
  moment(iso: string): string;
  /** "12:04:11" */
  clock(iso: string): string;
  /** "3 minutes ago", "in 2 days" */
  ago(iso: string, nowMs: number): string;
  /** "12:04" */
  time(iso: string): string;
  /** "45 s", "2 min" */
  duration(seconds: number): string;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const SPANS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Makes the writer of one locale: "en-GB" has another clock than "en-US". */
export function createFormat(locale: string): Format {
  const plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const clocks = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
  const times = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: value < 10 ? 1 : 0,
    }).format(value);

  return {
    number: (value) => plain.format(value),
    bytes(value) {
      const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(value, 1)) / 3), 0), UNITS.length - 1);
      return unit(value / 1000 ** power, UNITS[power] ?? "byte");
    },
    moment: (iso) => moments.format(new Date(iso)),
    clock: (iso) => clocks.format(new Date(iso)),
    time: (iso) => times.format(new Date(iso)),
    ago(iso, nowMs) {
      const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
      const [name, size] = spanOf(Math.abs(seconds));
      // Clocks of browser and broker differ: what has just happened is never "in 2 seconds".
      if (name === "second" && Math.abs(seconds) < 10) return relative.format(0, "second");
      return relative.format(Math.trunc(seconds / size), name);
    },
    duration(seconds) {
      const [name, size] = spanOf(seconds);
      return unit(seconds / size, name);
    },
  };
}

function spanOf(seconds: number): (typeof SPANS)[number] {
  return SPANS.find(([, size]) => seconds >= size) ?? SPANS[3];
}
