const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/**
 * Writes a moment in local time as C's strftime does in the C locale: "%Y-%m-%d %H:%M:%S" gives "2026-11-20 12:03:04".
 * What it does not know stays as it is written.
 */
export function strftime(format: string, atMs: number): string {
  const at = new Date(atMs);
  return format.replace(/%[a-zA-Z%]/g, (directive) => WRITERS.get(directive.charAt(1))?.(at) ?? directive);
}

const two = (value: number, filler = "0"): string => String(value).padStart(2, filler);
const hour12 = (at: Date): number => at.getHours() % 12 || 12;
const halfDay = (at: Date): string => (at.getHours() < 12 ? "AM" : "PM");
const day = (at: Date): string => DAYS[at.getDay()] ?? "";
const month = (at: Date): string => MONTHS[at.getMonth()] ?? "";
const date = (at: Date): string => `${two(at.getMonth() + 1)}/${two(at.getDate())}/${two(at.getFullYear() % 100)}`;
const time = (at: Date): string => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;

const WRITERS: ReadonlyMap<string, (at: Date) => string> = new Map<string, (at: Date) => string>([
  ["a", (at) => day(at).slice(0, 3)],
  ["A", day],
  ["b", (at) => month(at).slice(0, 3)],
  ["h", (at) => month(at).slice(0, 3)],
  ["B", month],
  [
    "c",
    (at) => `${day(at).slice(0, 3)} ${month(at).slice(0, 3)} ${two(at.getDate(), " ")} ${time(at)} ${at.getFullYear()}`,
  ],
  ["C", (at) => two(Math.floor(at.getFullYear() / 100))],
  ["d", (at) => two(at.getDate())],
  ["D", date],
  ["e", (at) => two(at.getDate(), " ")],
  ["F", (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`],
  ["H", (at) => two(at.getHours())],
  ["I", (at) => two(hour12(at))],
  ["j", (at) => String(dayOfYear(at)).padStart(3, "0")],
  ["k", (at) => two(at.getHours(), " ")],
  ["l", (at) => two(hour12(at), " ")],
  ["m", (at) => two(at.getMonth() + 1)],
  ["M", (at) => two(at.getMinutes())],
  ["n", () => " "],
  ["p", halfDay],
  ["r", (at) => `${two(hour12(at))}:${two(at.getMinutes())}:${two(at.getSeconds())} ${halfDay(at)}`],
  ["R", (at) => `${two(at.getHours())}:${two(at.getMinutes())}`],
  ["s", (at) => String(Math.floor(at.getTime() / 1000))],
  ["S", (at) => two(at.getSeconds())],
  ["t", () => "\t"],
  ["T", time],
  ["u", (at) => String(at.getDay() || 7)],
  ["w", (at) => String(at.getDay())],
  ["x", date],
  ["X", time],
  ["y", (at) => two(at.getFullYear() % 100)],
  ["Y", (at) => String(at.getFullYear())],
  ["z", offset],
  ["Z", zoneName],
  ["%", () => "%"],
]);

function dayOfYear(at: Date): number {
  const midnight = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  return Math.round((midnight - Date.UTC(at.getFullYear(), 0, 1)) / 86_400_000) + 1;
}

/** East of Greenwich: "+0100". */
function offset(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

function zoneName(at: Date): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
