import { read, type Route } from "./route.ts";

/** The description of the API itself, in OpenAPI 3.1, made of its routes. */
export function openApiRoutes(routes: readonly Route[], version: string): readonly Route[] {
  const own = read("/openapi", { summary: "This description, in OpenAPI 3.1", answer: null }, async () => {
    // few ask for it
    const { apiSchemas, schemaOfType } = await import("./api-types.ts");
    const jsonOf = (type: string) => ({ "application/json": { schema: schemaOfType(type) } });
    return describe([...routes, own], version, await apiSchemas(), jsonOf);
  });
  return [own];
}

function describe(routes: readonly Route[], version: string, schemas: unknown, jsonOf: JsonOf): unknown {
  const paths = new Map<string, Record<string, unknown>>();
  for (const route of routes) {
    const operations = paths.get(route.path) ?? {};
    operations[route.method.toLowerCase()] = operationOf(route, jsonOf);
    paths.set(route.path, operations);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Culex", version, description: "The API of the panel; see docs/panel-api.md of the source." },
    servers: [{ url: "." }],
    paths: Object.fromEntries(paths),
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }],
  };
}

/** A body of a type. */
type JsonOf = (type: string) => unknown;

function operationOf(route: Route, jsonOf: JsonOf): unknown {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const parameters = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const isRead = route.method === "GET";
  const content = "isFile" in route ? FILE : route.answer === null ? null : jsonOf(route.answer);
  return {
    summary: route.summary,
    parameters: isRead ? parameters : [...parameters, FROM_PANEL],
    ...(isRead || route.takes === null ? {} : { requestBody: { required: true, content: jsonOf(route.takes) } }),
    responses: {
      ...(route.answer === null && !isRead
        ? { 204: { description: "Done" } }
        : { 200: { description: "Done", ...(content === null ? {} : { content }) } }),
      default: { description: "Why it is not done", content: jsonOf("ErrorBody") },
    },
  };
}

const FILE = { "application/octet-stream": {} };
const FROM_PANEL = { name: "X-Requested-With", in: "header", required: true, schema: { const: "panel" } };
