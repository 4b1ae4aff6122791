import { Ajv, type ErrorObject, type JSONSchemaType } from "ajv";
import { escapedKey } from "../core/json-pointer.ts";
import { isRawObject } from "../core/raw-object.ts";
import { SettingsError } from "../core/errors.ts";
import type { Authenticator } from "../core/types.ts";
import type { Backend, BackendContext } from "./backend.ts";

/** A backend as its file writes it: `create` sees only settings that fit the schema. */
interface BackendDefinition<S> {
  readonly type: string;
  /** JSON schema; the compiler compares it with `S`. */
  readonly schema: JSONSchemaType<S>;
  readonly create: (settings: S, context: BackendContext) => Authenticator;
}

/** Makes a backend that checks its settings before it uses them. */
export function defineBackend<S>({ type, schema, create }: BackendDefinition<S>): Backend {
  return {
    type,
    create(settings, context) {
      // Compiled when it is configured: a start would spend a tenth of a second on what nobody uses. That the schema is
      // one is the compiler's business.
      const ajv = new Ajv({ allErrors: true, verbose: true, meta: false, validateSchema: false });
      const isValid = ajv.compile<S>(schema);
      if (isValid(settings)) return create(settings, context);
      // an unknown key may be what is missing, misspelt, so it goes before everything else
      const errors = (isValid.errors ?? []).toSorted((a, b) => rank(a) - rank(b));
      const [first] = errors;
      const unknownKey = first === undefined ? null : unknownKeyOf(first);
      const step = unknownKey === null ? "" : `/${escapedKey(unknownKey.key)}`;
      // names the place only: a value may be a password
      const message = ajv.errorsText(errors.slice(0, 1), { dataVar: type });
      throw new SettingsError(message, `${first?.instancePath ?? ""}${step}`, unknownKey);
    },
  };
}

function rank({ keyword }: ErrorObject): number {
  return keyword === UNKNOWN_KEY ? 0 : 1;
}

const UNKNOWN_KEY = "additionalProperties";

function unknownKeyOf({ keyword, params, parentSchema }: ErrorObject): SettingsError["unknownKey"] {
  if (keyword !== UNKNOWN_KEY) return null;
  const properties: unknown = parentSchema?.["properties"];
  return { key: String(params["additionalProperty"]), known: isRawObject(properties) ? Object.keys(properties) : [] };
}
