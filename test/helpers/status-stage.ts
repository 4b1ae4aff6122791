/** An auth.yaml with a web service that answers by its status at /auth; `more` are lines of the stage. */
export function statusStage(service: { readonly url: string }, ...more: readonly string[]): string {
  const lines = [
    "stages:",
    "  - type: http",
    "    response: status",
    "    login:",
    `      url: "${service.url}/auth"`,
    '      params: { username: "%u", password: "%P" }',
    ...more.map((line) => `    ${line}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Lines of such a stage that have each topic asked about at /acl. */
export function topicsAsked(service: { readonly url: string }): readonly string[] {
  return [
    "acl:",
    `  url: "${service.url}/acl"`,
    "  method: get",
    '  params: { access: "%A", username: "%u", topic: "%t" }',
  ];
}
