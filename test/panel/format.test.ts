import { describe, expect, it } from "vitest";
import { createFormat } from "../../src/panel/shell/format.ts";

const english = createFormat("en-GB");
const german = createFormat("de");
const NOW = Date.parse("2026-05-03T12:00:00Z");

describe("figures and times", () => {
  it.each([
    [0, "0 byte", "0 Byte"],
    [999, "999 byte", "999 Byte"],
    [1500, "1.5 kB", "1,5 kB"],
    [96_000_000, "96 MB", "96 MB"],
    [2_000_000_000, "2 GB", "2\u00a0GB"],
  ])("%d bytes are %s, and %s in German", (bytes, inEnglish, inGerman) => {
    expect([english.bytes(bytes), german.bytes(bytes)]).toEqual([inEnglish, inGerman]);
  });

  it.each([
    ["2026-05-03T12:00:04Z", "now", "jetzt"],
    ["2026-05-03T11:59:15Z", "45 seconds ago", "vor 45 Sekunden"],
    ["2026-05-03T11:00:01Z", "59 minutes ago", "vor 59 Minuten"],
    ["2026-05-01T11:00:00Z", "2 days ago", "vorgestern"],
    ["2026-05-03T13:00:00Z", "in 1 hour", "in 1 Stunde"],
  ])("%s is %s, and %s in German", (iso, inEnglish, inGerman) => {
    expect([english.ago(iso, NOW), german.ago(iso, NOW)]).toEqual([inEnglish, inGerman]);
  });

  it.each([
    [45, "45 secs"],
    [90, "1.5 mins"],
    [3600, "1 hr"],
    [1_209_600, "14 days"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(english.duration(seconds)).toBe(text);
  });
});
