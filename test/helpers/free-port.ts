import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/** Finds a port that is free now, for configurations that must name one. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const { port } = isInternet(address) ? address : { port: 0 };
  server.close();
  await once(server, "close");
  return port;
}

function isInternet(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
