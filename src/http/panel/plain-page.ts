import type { Context } from "hono";
import type { VisitRefused } from "../../core/visit.ts";
import { SAFE_HEADERS } from "./headers.ts";

/** Says in a page of its own why the panel is not shown; where a token would help, it asks for it. */
export function refusalPage(context: Context, { status, message, hint }: VisitRefused): Response {
  const ask = status === 401 ? TOKEN_FORM : "";
  if (status === 401) {
    // the form is sent to where it came from, and nowhere else
    for (const [name, value] of SAFE_HEADERS)
      context.header(name, value.replace("form-action 'none'", "form-action 'self'"));
  }
  return plainPage(context, status, message, hint, ask);
}

/** A page with one heading and one sentence, for when there is no panel to show. */
export function plainPage(
  context: Context,
  status: 200 | VisitRefused["status"],
  heading: string,
  text: string,
  more = "",
): Response {
  context.header("Cache-Control", "no-store");
  return context.html(
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Culex</title>
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

const TOKEN_FORM = `<form method="post" action="login">
<p><label>Token <input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open the panel</button></p>
</form>
`;

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
