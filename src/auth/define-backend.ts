import { Ajv, type JSONSchemaType } from "ajv";
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
      const ajv = new Ajv({ meta: false, validateSchema: false });
      const isValid = ajv.compile<S>(schema);
      if (isValid(settings)) return create(settings, context);
      // names the place only: a value may be a password
      throw new SettingsError(
        ajv.errorsText(isValid.errors, { dataVar: type }),
        isValid.errors?.[0]?.instancePath ?? "",
      );
    },
  };
}
