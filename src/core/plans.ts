import { randomBytes } from "node:crypto";

/** What was shown to somebody and may be carried out by the token that stands for it: once, and not for long. */
export interface Plans<T> {
  /** Gives the token. */
  add(plan: T): string;
  /** null: the token is not known, or was used, or is too old. */
  take(token: string): T | null;
}

const KEPT_MS = 10 * 60_000;
const MAX_PLANS = 20;

/** Nothing is planned yet. */
export function createPlans<T>(now: () => number): Plans<T> {
  const plans = new Map<string, { readonly plan: T; readonly atMs: number }>();
  return {
    add(plan) {
      for (const [token, { atMs }] of plans) {
        if (plans.size >= MAX_PLANS || atMs < now() - KEPT_MS) plans.delete(token);
      }
      const token = randomBytes(15).toString("base64url");
      plans.set(token, { plan, atMs: now() });
      return token;
    },
    take(token) {
      const found = plans.get(token);
      plans.delete(token);
      return found === undefined || found.atMs < now() - KEPT_MS ? null : found.plan;
    },
  };
}
