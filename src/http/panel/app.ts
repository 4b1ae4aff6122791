import { Hono, type Context } from "hono";
import type { Visit, Visitors } from "../../core/visit.ts";
import { createBodyBudget, readBody, type BodyBudget } from "../body.ts";
import { objectOf, parseJson } from "../json.ts";
import { ApiError } from "./api-error.ts";
import type { Audit } from "./audit.ts";
import { callOf, type Env } from "./call.ts";
import { etagOf, namesEtag } from "./etag.ts";
import { SAFE_HEADERS } from "./headers.ts";
import type { Login } from "./login.ts";
import { refusalPage } from "./plain-page.ts";
import type { Done, FileToSave, PanelRequest, Route } from "./route.ts";
import { createRouter, type Match, type Router } from "./router.ts";
import type { StaticFiles } from "./static-files.ts";

export interface PanelAppDeps {
  readonly routes: readonly Route[];
  readonly visitors: Visitors;
  /** null: nobody logs in here. */
  readonly login: Login | null;
  readonly files: StaticFiles;
  readonly audit: Audit;
  /** Hears of faults of our own, which the sender is not told. */
  readonly fault: (error: unknown) => void;
}

const API = "/api/v1";
const USUAL_BODY_BYTES = 256 * 1024;
/** Of all bodies at one time. */
const MAX_BODIES_BYTES = 32 * 1024 * 1024;

/** Makes the server of the panel: its files, and the API below `api/v1`. */
export function createPanelApp({ routes, visitors, login, files, audit, fault }: PanelAppDeps): Hono<Env> {
  const router = createRouter(routes);
  const budget = createBodyBudget(MAX_BODIES_BYTES);
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of SAFE_HEADERS) if (!context.res.headers.has(name)) context.header(name, value);
  });
  app.onError((error, context) => {
    if (error instanceof ApiError) return refuse(context, error);
    fault(error);
    return refuse(context, new ApiError("unavailable", "The broker made a mistake.", "Its log says which."), 500);
  });
  // the watchdog asks it, and may know nothing else
  app.get(`${API}/health`, (context) => context.json({ ok: true }));
  app.all(`${API}/*`, async (context) => {
    const visit = await visitors(callOf(context));
    if (visit.kind === "refused") throw errorOf(visit);
    return answer(context, visit.name, { router, budget, audit });
  });
  if (login !== null) app.post("/login", login);
  app.get("*", async (context) => {
    const visit = await visitors(callOf(context));
    return visit.kind === "refused" ? refusalPage(context, visit) : files(context);
  });
  return app;
}

interface Desk {
  readonly router: Router;
  readonly budget: BodyBudget;
  readonly audit: Audit;
}

async function answer(context: Context<Env>, by: string, { router, budget, audit }: Desk): Promise<Response> {
  const { method, url } = context.req;
  const { pathname, searchParams: query } = new URL(url);
  // a page of another site could at most make a browser ask, and must not learn from how long that takes
  if (context.req.header("sec-fetch-site") === "cross-site") throw foreign();
  const match = router(method, pathname.slice(API.length));
  if (match === null) throw new ApiError("not_found", "There is nothing under this address.", "See api/v1/openapi.");
  if (match === "other method") {
    throw new ApiError("not_found", `This address takes no ${method}.`, "See api/v1/openapi.");
  }
  const { route, params } = match;
  const request = { param: (name: string) => params.get(name) ?? "", query, by };
  if ("isFile" in route) return save(await route.handle({ ...request, body: {} }));
  if (route.method === "GET") return show(context, await route.handle({ ...request, body: {} }));
  if (context.req.header("x-requested-with") !== "panel") {
    audit.record(by, `was refused: ${method} ${pathname.slice(API.length)} without the header X-Requested-With`);
    throw new ApiError(
      "forbidden",
      "This request does not say that it comes from the panel.",
      "Send the header X-Requested-With: panel.",
    );
  }
  return carryOut(context, { ...match, route }, request, { budget, audit });
}

async function carryOut(
  context: Context<Env>,
  { route }: Match & { readonly route: Exclude<Route, { readonly method: "GET" }> },
  request: Omit<PanelRequest, "body">,
  { budget, audit }: Pick<Desk, "budget" | "audit">,
): Promise<Response> {
  const { maxBytes = USUAL_BODY_BYTES } = route;
  const read = await readBody(context.env.incoming, maxBytes, budget);
  if (read.kind !== "read") {
    // what comes behind a request that was not read to its end cannot be told from it
    context.header("Connection", "close");
    throw read.kind === "too large"
      ? new ApiError("too_large", `The request is larger than ${maxBytes} bytes.`, "Send less.")
      : new ApiError(
          "unavailable",
          "Too many requests are being read at this moment.",
          "Send it again in some seconds.",
        );
  }
  try {
    const whole = { ...request, body: objectIn(read.bytes, context.req.header("content-type") ?? "") };
    checkUnchanged(context, route.current?.(whole));
    const { body, did }: Done = await route.handle(whole);
    if (did !== null) audit.record(request.by, did);
    return body === undefined ? context.body(null, 204) : show(context, body);
  } finally {
    read.release();
  }
}

function objectIn(bytes: Buffer, type: string): PanelRequest["body"] {
  if (bytes.length === 0) return {};
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError("invalid", `The body is "${type}".`, "Send JSON with the content type application/json.");
  }
  const object = objectOf(parseJson(bytes));
  if (object === null) throw new ApiError("invalid", "The body is no JSON object.", "Send a JSON object.");
  return object;
}

function checkUnchanged(context: Context<Env>, current: unknown): void {
  const seen = context.req.header("if-match");
  if (seen === undefined || current === undefined || namesEtag(seen, etagOf(JSON.stringify(current)))) return;
  throw new ApiError("changed", "Somebody else has changed this in the meantime.", "Load it again, then change it.");
}

function show(context: Context<Env>, body: unknown): Response {
  const json = JSON.stringify(body);
  const etag = etagOf(json);
  context.header("ETag", etag);
  context.header("Cache-Control", "no-cache");
  const known = context.req.method === "GET" ? context.req.header("if-none-match") : undefined;
  if (known !== undefined && namesEtag(known, etag)) return context.body(null, 304);
  return context.body(json, 200, { "Content-Type": "application/json" });
}

/** A browser must not take what devices sent for a page. */
function save({ name, content }: FileToSave): Response {
  return new Response(streamOf(content), {
    headers: {
      "Content-Type": "application/octet-stream",
      "Content-Disposition": `attachment; filename="${name}"`,
      "Cache-Control": "no-store",
    },
  });
}

function streamOf(content: AsyncIterable<Uint8Array>): ReadableStream {
  const parts = content[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await parts.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      // closes the file of who has gone away
      await parts.return?.();
    },
  });
}

function refuse(context: Context<Env>, error: ApiError, status: ApiError["status"] | 500 = error.status): Response {
  context.header("Cache-Control", "no-store");
  return context.json(error.body, status);
}

const CODES = { 401: "unauthorized", 403: "forbidden", 429: "too_many", 503: "unavailable" } as const;

function errorOf({ status, message, hint }: Extract<Visit, { readonly kind: "refused" }>): ApiError {
  return new ApiError(CODES[status], message, hint);
}

function foreign(): ApiError {
  return new ApiError("forbidden", "A web page of another site sent this request.", "Open the panel itself.");
}
