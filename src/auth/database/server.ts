/** EMQ has 8, which is generous for a small machine. */
const POOL = 4;

/** The schema of `pool`. */
export const POOL_SCHEMA = { type: "integer", minimum: 1, maximum: 64, nullable: true } as const;

/** How many connections a stage opens at most. */
export function poolOf({ pool }: { readonly pool?: number }): number {
  return pool ?? POOL;
}

/** Where a database listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads "host", "host:port" or "[::1]:port"; without a text it is this machine. `name` is that of the stage.
 * @throws Error when that cannot be read.
 */
export function serverAddress(name: string, text = "127.0.0.1", defaultPort: number): ServerAddress {
  const { host = "", port } = ADDRESS.exec(text)?.groups ?? {};
  const number = port === undefined ? defaultPort : Number(port);
  if (host === "" || number < 1 || number > 65_535) {
    throw new Error(`${name}: server: "${text}" is no address such as 127.0.0.1:${defaultPort}`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port: number };
}

/** An IPv6 address with a port stands in brackets. */
const ADDRESS = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+)(?::(?<port>\d{1,5}))?$/;
