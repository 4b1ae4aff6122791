import type { Context } from "hono";
import type { Visitors } from "../../core/visit.ts";
import { createBodyBudget, readBody } from "../body.ts";
import { parseForm } from "../form.ts";
import { callOf, type Env } from "./call.ts";
import { COOKIE } from "./local-visitors.ts";
import { refusalPage } from "./plain-page.ts";

/** Takes the token that was typed into the page, and leaves it with the browser. */
export type Login = (context: Context<Env>) => Promise<Response>;

const MAX_BODY_BYTES = 4096;

/** Makes the part that takes the form `token=...`. */
export function createLogin(visitors: Visitors): Login {
  const budget = createBodyBudget(MAX_BODY_BYTES * 16);
  return async (context) => {
    const read = await readBody(context.env.incoming, MAX_BODY_BYTES, budget);
    if (read.kind !== "read") return context.body(null, 413, { Connection: "close" });
    const token = parseForm(read.bytes).get("token")?.toString("latin1").trim() ?? "";
    read.release();
    const call = callOf(context);
    const { origin, host } = call.headers;
    // a bearer may come from anywhere, a form only from our own page
    const isOwn = origin === undefined || URL.parse(origin)?.host === host;
    const headers = { ...call.headers, authorization: `Bearer ${token}` };
    const visit = await visitors({ peer: call.peer, headers: isOwn ? headers : {} });
    if (visit.kind === "refused") return refusalPage(context, visit);
    const secure = new URL(context.req.url).protocol === "https:" ? "; Secure" : "";
    context.header(
      "Set-Cookie",
      `${COOKIE}=${Buffer.from(token).toString("base64url")}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000${secure}`,
    );
    return context.redirect("./", 303);
  };
}
