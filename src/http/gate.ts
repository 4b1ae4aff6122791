import { codeOf, messageOf } from "../core/errors.ts";
import { placeOf } from "../core/problem.ts";
import type { Origin, Problem } from "../core/types.ts";
import type { TlsMaterial } from "../snapshot/types.ts";

/** A port that the configuration opens, moves and closes. */
export interface Gate<Plan> {
  /** Opens, moves or closes it, as the configuration says. */
  apply(plan: Plan | null): Promise<readonly Problem[]>;
  /** With the real port; empty: it is closed. */
  addresses(): readonly string[];
  stop(): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
  readonly origin: Origin;
}

interface OpenPort {
  readonly address: string;
  update(tls: TlsMaterial | null): void;
  close(): Promise<void>;
}

interface GateKind<Plan> {
  readonly placeOf: (plan: Plan) => Place;
  /** null: it speaks plain HTTP. */
  readonly tlsOf: (plan: Plan) => TlsMaterial | null;
  readonly open: (plan: Plan) => Promise<OpenPort>;
  /** What has no port when it cannot be opened, and what that means. */
  readonly closed: { readonly what: string; readonly now: string };
}

/** Makes a gate, closed. */
export function createGate<Plan>({ placeOf: placeIn, tlsOf, open: openPort, closed }: GateKind<Plan>): Gate<Plan> {
  let open: { readonly key: string; readonly port: OpenPort } | null = null;

  const shut = async (): Promise<void> => {
    const { port } = open ?? {};
    open = null;
    await port?.close();
  };

  return {
    async apply(plan) {
      const key = plan === null ? null : keyOf(placeIn(plan), tlsOf(plan) !== null);
      if (plan !== null && open?.key === key) {
        open.port.update(tlsOf(plan));
        return [];
      }
      await shut();
      if (plan === null || key === null) return [];
      try {
        open = { key, port: await openPort(plan) };
        return [];
      } catch (error) {
        return [cannotOpen(placeIn(plan), closed, error)];
      }
    },
    addresses: () => (open === null ? [] : [open.port.address]),
    stop: shut,
  };
}

/** What cannot change while it is open. */
function keyOf({ host, port }: Place, isSecure: boolean): string {
  return JSON.stringify([host, port, isSecure]);
}

function cannotOpen({ port, host, origin }: Place, { what, now }: GateKind<never>["closed"], error: unknown): Problem {
  const why =
    codeOf(error) === "EADDRINUSE"
      ? `port ${port} is in use by another program`
      : `port ${port} on ${host} could not be opened (${messageOf(error)})`;
  return {
    severity: "error",
    what: `${placeOf(origin)}: ${what} has no port: ${why}.`,
    now,
    fix: "Choose another port or address.",
    where: origin,
  };
}
