import { signal, type ReadonlySignal } from "@preact/signals";

/** The pages, in the order of the menu. */
export const PAGES = ["overview", "devices", "problems", "topics", "access", "bridges", "system"] as const;

export type PageName = (typeof PAGES)[number];

/** Where the panel is: "#/devices/kitchen-plug/history?kind=refused". */
export interface Route {
  readonly page: PageName;
  /** What stands after the page, decoded: ["kitchen-plug", "history"]. */
  readonly path: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

/** Reads the part of the address behind "#". What is no page of ours is the first page. */
export function parseRoute(hash: string): Route {
  const [before = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  const [name = "", ...path] = before.replace(/^\//, "").split("/").map(decoded);
  const page = PAGES.find((candidate) => candidate === name);
  if (page === undefined) return { page: "overview", path: [], query: {} };
  return {
    page,
    path: path.filter((segment) => segment !== ""),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Writes an address that `parseRoute` reads: names of devices and topics may hold anything. */
export function hrefOf(
  page: PageName,
  path: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const search = new URLSearchParams(query).toString();
  return `#/${[page, ...path].map(encodeURIComponent).join("/")}${search === "" ? "" : `?${search}`}`;
}

/** Lets pass what leads to a page of the panel: a route from the server never leads elsewhere. */
export function ownHref(href: string): string {
  return href.startsWith("#/") ? href : "#/overview";
}

export interface Router {
  readonly route: ReadonlySignal<Route>;
  go(href: string): void;
  /** As `go`, and the page before is not in the browser's history. */
  replace(href: string): void;
}

/** Follows the address; the part behind "#" never reaches a server, and survives a reload and another ingress token. */
export function createRouter(page: Window): Router {
  const route = signal(parseRoute(page.location.hash));
  page.addEventListener("hashchange", () => {
    route.value = parseRoute(page.location.hash);
  });
  return {
    route,
    go(href) {
      page.location.hash = href;
    },
    replace(href) {
      page.history.replaceState(null, "", href);
      route.value = parseRoute(href);
    },
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
