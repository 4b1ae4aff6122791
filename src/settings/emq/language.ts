import { besideAuthFile, emqAccess } from "./access.ts";
import { parseEmq } from "./file.ts";
import { inGroups, runEmq } from "./lines.ts";
import { namesFile } from "./plugin.ts";

/** All that reads conf files of EMQ: loaded with the first of them, since most brokers have none. */
export const emqLanguage = {
  parse: parseEmq,
  namesFile,
  inGroups,
  run: runEmq,
  access: emqAccess,
  besideAuthFile,
} as const;

export type EmqLanguage = typeof emqLanguage;
