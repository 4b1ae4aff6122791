import { createHash } from "node:crypto";
import type { Context } from "hono";
import type { VisitRefused } from "../../core/visit.ts";
import { SAFE_HEADERS } from "./headers.ts";

/** Says in a page of its own why the panel is not shown; where a token would help, it asks for it. */
export function refusalPage(context: Context, { status, message, hint }: VisitRefused): Response {
  return plainPage(context, status, message, hint, status === 401 ? TOKEN_FORM : "");
}

/** A page with one heading and one sentence, for when there is no panel to show. */
export function plainPage(
  context: Context,
  status: 200 | VisitRefused["status"],
  heading: string,
  text: string,
  more = "",
): Response {
  for (const [name, value] of SAFE_HEADERS) {
    // its style stands in it, since who is refused gets no file; a form is sent to where it came from, and nowhere else
    const styled = value.replace("style-src 'self'", `style-src 'sha256-${STYLE_DIGEST}'`);
    context.header(name, more === "" ? styled : styled.replace("form-action 'none'", "form-action 'self'"));
  }
  context.header("Cache-Control", "no-store");
  return context.html(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Culex</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(heading)}</h1>
<p>${escaped(text)}</p>
${more}</main>
</body>
</html>
`,
    status,
  );
}

/** Colours and font that Home Assistant has when nobody chose others: no script may ask it for those that it has. */
const STYLE = `
body{margin:0;padding:16px;background:#fafafa;color:#141414;font:16px/1.45 Roboto,Noto,"Noto Sans",system-ui,sans-serif}
main{max-width:560px;margin:10vh auto 0;padding:16px 24px;border:1px solid #e0e0e0;border-radius:12px;background:#fff}
h1{font-size:1.5rem;font-weight:400}
@media(prefers-color-scheme:dark){
body{background:#111;color:#e1e1e1}
main{border-color:#383838;background:#1c1c1c}
}`;
const STYLE_DIGEST = createHash("sha256").update(STYLE).digest("base64");

const TOKEN_FORM = `<form method="post" action="login">
<p><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open the panel</button></p>
</form>
`;

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
