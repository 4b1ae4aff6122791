import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { composeSettings } from "../../src/settings/settings.ts";
import { repository, textOf } from "./files.ts";

const docs = textOf("DOCS.md");
const source = ["src", "addon"]
  .flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => textOf(`${folder}/${name}`)),
  )
  .join("\n");

/** Messages of the troubleshooting table; "…" stands for a value. */
const messages = section("## When something does not work")
  .split("\n")
  .flatMap((line) => line.match(/^\| `([^`]+)` \|/)?.[1] ?? []);

describe("DOCS.md", () => {
  it.each(messages)("quotes a message as the broker words it: %s", (message) => {
    const parts = message.split("…").map((part) => part.trim());
    expect(parts.filter((part) => !source.includes(part))).toEqual([]);
  });

  it("has no link to a heading that is not there", () => {
    const headings = [...docs.matchAll(/^#+ (.*)$/gm)].map((match) => anchor(match[1] ?? ""));
    const links = [...docs.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(0);
    expect(links.filter((link) => !headings.includes(link))).toEqual([]);
  });

  it("names the limit of a packet that holds where no conf file sets one", () => {
    const environment = {
      kind: "add-on",
      folders: { data: "/data", share: "/share", ssl: "/ssl" },
      ports: { mqtt: 1883, ws: null, mqtts: null, wss: null },
      host: "::",
      reservedUsers: [],
      hasHomeAssistant: false,
    } as const;
    const { settings } = composeSettings({ environment, options: null, conf: [] });
    expect(docs).toContain(`\`max_packet_size\` is ${settings.limits.maxPacketSize / 1024 / 1024} MiB`);
  });
});

/** What a heading is linked by: "Files in /share" by "files-in-share". */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

function section(heading: string): string {
  const [, text = ""] = docs.split(`${heading}\n`);
  return text.split(/^## /m)[0] ?? "";
}
