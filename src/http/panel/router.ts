import { codedName } from "./coded-name.ts";
import type { Route } from "./route.ts";

/** The route of a request, and what stands for the names in its path. */
export interface Match {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
}

/** Finds routes. "other method": the path is known, and the method is not. */
export type Router = (method: string, path: string) => Match | "other method" | null;

interface Pattern {
  readonly route: Route;
  readonly names: readonly string[];
  readonly expression: RegExp;
  /** Characters that are not names: of two that match, the one with more of them counts. */
  readonly weight: number;
}

/**
 * Makes the router. Home Assistant decodes a path and builds it anew, so that an escaped slash of a client id arrives
 * as a slash: a name in braces stands for slashes too.
 */
export function createRouter(routes: readonly Route[]): Router {
  const patterns = routes.map(patternOf).toSorted((a, b) => b.weight - a.weight);
  return (method, path) => {
    let isKnown = false;
    for (const { route, names, expression } of patterns) {
      const found = expression.exec(path);
      if (found === null) continue;
      isKnown = true;
      if (route.method !== method) continue;
      const values = names.map((name, index) => [name, decode(found[index + 1] ?? "")] as const);
      const params = new Map(values.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
      if (params.size === names.length) return { route, params };
    }
    return isKnown ? "other method" : null;
  };
}

function patternOf(route: Route): Pattern {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const literals = route.path.split(/\{\w+\}/);
  // only the last name may hold slashes, or it would not be known where one ends
  const source = literals
    .map(
      (literal, index) => `${literal}${index === names.length ? "" : index === names.length - 1 ? "(.+)" : "([^/]+)"}`,
    )
    .join("");
  return { route, names, expression: new RegExp(`^${source}$`), weight: literals.join("").length };
}

function decode(text: string): string | null {
  try {
    return codedName(decodeURIComponent(text));
  } catch {
    return null;
  }
}
