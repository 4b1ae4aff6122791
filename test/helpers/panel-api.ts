import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { layOut, startAddon, type Folders, type Running } from "./culex.ts";

/** A broker with its panel, as a program on this machine uses it. */
export interface PanelHouse {
  readonly folders: Folders;
  /** Where this one alone has its temporary files. */
  readonly temporary: string;
  readonly running: Running;
  /** "mqtt://127.0.0.1:4711". */
  readonly broker: string;
  /** Of the panel: "http://127.0.0.1:4712/". */
  readonly base: string;
  /** Gives the answer, which must be a success. */
  get(path: string): Promise<unknown>;
  /** Gives status and answer. */
  send(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** Starts the app with its panel, outside of Home Assistant. */
export async function startPanelHouse(
  options: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<PanelHouse> {
  const folders = layOut({ "data/options.json": JSON.stringify(options), ...files });
  const temporary = join(dirname(folders.data), "tmp");
  mkdirSync(temporary);
  const running = await startAddon(folders, null, { CULEX_PORTS: "0,0,,,,0", TMPDIR: temporary });
  const base = /http:\S+\//.exec(await running.line(/The panel is at /))?.[0] ?? "";
  const send: PanelHouse["send"] = async (method, path, body) => {
    const answer = await fetch(new URL(`api/v1/${path}`, base), {
      method,
      headers: { "x-requested-with": "panel", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const told: unknown = text === "" ? null : JSON.parse(text);
    return { status: answer.status, body: told };
  };
  return {
    folders,
    temporary,
    running,
    base,
    broker: `mqtt://127.0.0.1:${running.port("mqtt")}`,
    async get(path) {
      const { status, body } = await send("GET", path);
      expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
      return body;
    },
    send,
  };
}
