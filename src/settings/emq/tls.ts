import type { RawObject } from "../../core/raw-object.ts";
import { present, type PluginLines } from "./plugin.ts";

/** What may be said about TLS below `ssl_opts` or `ssl`. */
export function tlsKeys(group: string): readonly string[] {
  return ["cacertfile", "certfile", "keyfile", "verify", "server_name_indication"].map((key) => `${group}.${key}`);
}

/** The settings `tls` of a stage; null: it is not wanted. EMQ looks at no certificate unless it is told to; we do. */
export function tlsOf(lines: PluginLines, isOn: boolean, key: string, group: string): RawObject | null {
  if (!isOn) return null;
  const ca = lines.file(`${group}.cacertfile`);
  const verify = lines.text(`${group}.verify`);
  if (verify !== null && verify !== "verify_peer" && verify !== "verify_none") {
    lines.fail(`${group}.verify`, `"${verify}" is not known`, "Write verify_peer or verify_none.");
  }
  if (verify === null && ca === null) {
    lines.note(
      key,
      `TLS is on, and no ${group}.cacertfile says whose certificates are taken.`,
      "Only one of a public authority is taken, where EMQ takes any.",
      `Name the CA of your server with ${group}.cacertfile.`,
    );
  }
  if (verify === "verify_none") {
    lines.note(
      `${group}.verify`,
      "the certificate of the server is not looked at.",
      "Everybody in between can read the passwords.",
      `Name its CA with ${group}.cacertfile, and write verify_peer.`,
    );
  }
  return present({
    ca,
    cert: lines.file(`${group}.certfile`),
    key: lines.file(`${group}.keyfile`),
    servername: lines.text(`${group}.server_name_indication`),
    verify: verify === "verify_none" ? false : null,
  });
}
