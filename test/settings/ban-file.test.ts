import { expect, test } from "vitest";
import { formatBans, parseBans } from "../../src/settings/ban-file.ts";
import { composeAddOn, composeStandAlone, sentences } from "./compose.ts";

const NOW = "The bans read at 12:03 stay in force.";
const FIX = 'Write a list of entries such as "- client: pump".';

test("a list says who, why and until when", () => {
  const text = `# guests
- client: pump
  reason: floods
  until: 2026-12-24T12:00:00Z
- user: guest
- address: 192.168.7.0/24
`;
  const { bans, problems } = parseBans(text, "bans.yaml", NOW);
  expect(problems).toEqual([]);
  expect(bans).toEqual([
    {
      of: "client",
      value: "pump",
      reason: "floods",
      untilMs: Date.UTC(2026, 11, 24, 12),
      origin: { file: "bans.yaml", line: 2 },
    },
    { of: "user", value: "guest", reason: null, untilMs: null, origin: { file: "bans.yaml", line: 5 } },
    { of: "address", value: "192.168.7.0/24", reason: null, untilMs: null, origin: { file: "bans.yaml", line: 6 } },
  ]);
});

test.each(["", "# nobody\n", "[]"])("nobody is in %j", (text) => {
  expect(parseBans(text, "bans.yaml", NOW)).toEqual({ bans: [], problems: [] });
});

test("what is written is read again", () => {
  const origin = { file: "bans.yaml", line: 1 };
  const odd = { of: "client", value: 'a: "b" #c\n', reason: "- {x}", untilMs: 1_800_000_000_123, origin } as const;
  const signed = { ...odd, by: 'Ada "A" # B', atMs: 1_790_000_000_000, origin: { file: "bans.yaml", line: 4 } };
  const again = parseBans(formatBans([odd, signed]), "bans.yaml", NOW);
  expect(again).toEqual({ bans: [odd, signed], problems: [] });
});

test.each([
  ["client: pump", "bans.yaml line 1: it is no list."],
  ["- pump", "bans.yaml line 1: the entry has no names and values."],
  ["- reason: x", "bans.yaml line 1: an entry needs one of client, user or address."],
  ["- { client: a, user: b }", "bans.yaml line 1: an entry needs one of client, user or address."],
  ["- client: 7", 'bans.yaml line 1: "client" is no text; put it in quotes.'],
  ["- address: kitchen", 'bans.yaml line 1: "address: kitchen": it is no address, and no network such as 10.0.0.0/8.'],
  ["- user: a\n- usr: b", 'bans.yaml line 2: "usr" is not known here (client, user, address, reason, until, by, at).'],
  ["- { user: a, until: soon }", 'bans.yaml line 1: "until: "soon"" is no moment such as 2026-12-24T12:00:00Z.'],
  ["- { user: a, at: soon }", 'bans.yaml line 1: "at: "soon"" is no moment such as 2026-12-24T12:00:00Z.'],
  ["- { user: a, by: 5 }", 'bans.yaml line 1: "by" is no text; put it in quotes.'],
  ["- { user: a, reason: 5 }", 'bans.yaml line 1: "reason" is no text; put it in quotes.'],
  ["- [", "bans.yaml line 1:4: this is not valid YAML."],
])("a file with a fault is not used at all: %j", (text, what) => {
  const { bans, problems } = parseBans(text, "bans.yaml", NOW);
  expect(bans).toBeNull();
  expect(sentences(problems)).toEqual([`${what} ${NOW} ${FIX}`]);
});

test("the app keeps the file in its data, unless the option or a conf file names another", () => {
  const path = ({ settings }: ReturnType<typeof composeAddOn>): string | undefined => settings.banFile?.path;
  expect(path(composeAddOn())).toBe("/srv/culex/data/bans.yaml");
  expect(path(composeAddOn({}, { ban_file: "house/bans.yaml" }))).toBe("/srv/culex/share/house/bans.yaml");
  const both = composeAddOn({ "a.conf": "ban_file mine.yaml\n" }, { ban_file: "house/bans.yaml", customize: true });
  expect(path(both)).toBe("/srv/culex/share/mosquitto/mine.yaml");
  const outside = composeAddOn({}, { ban_file: "../data/options.json" });
  expect(path(outside)).toBe("/srv/culex/data/bans.yaml");
  expect(outside.problems).toEqual([
    'ban_file: "../data/options.json" is outside the folder /share. The usual file in the data folder is used. Write the file\'s name as it is in the share folder.',
  ]);
});

test("a broker of its own has it where its store is, or where a line says", () => {
  const path = (conf: string): string | undefined => composeStandAlone(conf).settings.banFile?.path;
  expect(path("listener 1883\nallow_anonymous true\n")).toBeUndefined();
  expect(path("listener 1883\nallow_anonymous true\npersistence true\npersistence_location /var/lib/c\n")).toBe(
    "/var/lib/c/bans.yaml",
  );
  expect(path("listener 1883\nallow_anonymous true\nban_file /etc/c/bans.yaml\n")).toBe("/etc/c/bans.yaml");
});
