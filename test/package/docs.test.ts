import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
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

describe("the pages of the repository", () => {
  const pages = ["README.md", "DOCS.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
  pages.push(
    ...readdirSync(join(repository, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
  );
  /** Targets of links and images, and the words beside them: of an image those for people who do not see it. */
  const targetsOf = (page: string): readonly (readonly [words: string, target: string])[] => {
    const text = textOf(page);
    const links = [...text.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, words, target]) => [words, target] as const);
    const images = [...text.matchAll(/<img src="([^"]+)"[^>]* alt="([^"]*)"/g)].map(
      ([, target, words]) => [words, target] as const,
    );
    const sources = [...text.matchAll(/ srcset="([^"]+)"/g)].map(
      ([, target]) => ["another size or look", target] as const,
    );
    return [...links, ...images, ...sources].map(([words = "", target = ""]) => [words, target]);
  };

  it.each(pages)("%s links to files that are there, and has words for every picture", (page) => {
    const own = targetsOf(page).filter(([, target]) => !/^(?:[a-z]+:|#)/.test(target));
    const missing = own.filter(
      ([, target]) => !existsSync(join(repository, dirname(page), target.split("#")[0] ?? "")),
    );
    expect(missing).toEqual([]);
    expect(own.filter(([words]) => words.trim() === "")).toEqual([]);
  });

  it("show every picture there is, which together are small", () => {
    const shown = new Set(["README.md", "DOCS.md"].flatMap((page) => targetsOf(page).map(([, target]) => target)));
    const images = readdirSync(join(repository, "docs/images")).map((name) => `docs/images/${name}`);
    expect(images.filter((image) => !shown.has(image))).toEqual([]);
    expect(images.reduce((bytes, image) => bytes + statSync(join(repository, image)).size, 0)).toBeLessThan(900_000);
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
