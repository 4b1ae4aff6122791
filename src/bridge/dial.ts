import { readdir } from "node:fs/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { join } from "node:path";
import { connect as connectTls, getCACertificates, type ConnectionOptions } from "node:tls";
import { readRegularFile } from "../core/read-regular-file.ts";
import type { BridgeAddress, BridgeTlsSettings } from "../settings/types.ts";
import type { BridgePlan } from "../snapshot/types.ts";

/**
 * Opens the socket to a remote broker, TLS included. Errors come as its "error" event, also those before the dialling.
 * @throws Error when the trusted certificates cannot be read.
 */
export async function dial({ settings, tls }: BridgePlan, address: BridgeAddress): Promise<Socket> {
  const { host, port } = address;
  const localAddress = settings.bindAddress === null ? {} : { localAddress: settings.bindAddress };
  if (settings.tls === null || tls === null) return connectTcp({ host, port, noDelay: true, ...localAddress });
  const { isInsecure, minVersion, alpn } = settings.tls;
  const options: ConnectionOptions = {
    ...localAddress,
    host,
    port,
    minVersion,
    ca: [...(tls.ca === null ? [] : [tls.ca]), ...(await trustedOf(settings.tls))],
    ...(tls.cert === null || tls.key === null ? {} : { cert: tls.cert, key: tls.key }),
    ...(alpn === null ? {} : { ALPNProtocols: [alpn] }),
    // an address is no host name [RFC 6066, 3]
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // the chain is checked all the same
    ...(isInsecure ? { checkServerIdentity: () => undefined } : {}),
  };
  const socket = connectTls(options);
  socket.setNoDelay(true);
  return socket;
}

async function trustedOf({ capath, usesSystemCas }: BridgeTlsSettings): Promise<readonly string[]> {
  const system = usesSystemCas ? getCACertificates("system") : [];
  return capath === null ? system : [...system, ...(await certificatesIn(capath))];
}

/** Every certificate of a folder, each once: such folders are full of links to the same files. */
async function certificatesIn(folder: string): Promise<readonly string[]> {
  const texts = new Set<string>();
  for (const name of await readdir(folder)) {
    const text = await readRegularFile(join(folder, name)).then(String, () => "");
    if (text.includes("-----BEGIN CERTIFICATE-----")) texts.add(text);
  }
  return [...texts];
}
