/** ajv as all our schemas are checked by it, with the keywords of `SecretString` and `refusing`. */
import type { Ajv, SchemaValidateFunction } from "ajv";
import { library } from "./library.ts";
import type { Mistake } from "./schema.ts";
import { reveal, Secret } from "./secret.ts";

/** Asks the rule of `refusing`. ajv wants the errors on the function itself. */
const mistakeIn: SchemaValidateFunction = (rule: (value: unknown) => Mistake | undefined, data: unknown) => {
  const mistake = rule(data);
  mistakeIn.errors = mistake
    ? [{ keyword: "mistakeIn", message: mistake.message, params: { ...mistake } }]
    : [];
  return mistake === undefined;
};

/** What the keywords ask, by name: code that was made of a schema refers to them by these names. */
export const rules = {
  // a schema of a secret has no type: it is a string or a Secret, and its length is measured with it
  secretLength: (longest: number, data: unknown): boolean =>
    !(typeof data === "string" || data instanceof Secret) || [...reveal(data)].length <= longest,
  secret: (_: boolean, data: unknown): boolean => typeof data === "string" || data instanceof Secret,
  mistakeIn,
};

/**
 * Loads ajv.
 *
 * @param source whether what it compiles tells its own text
 */
export function createAjv(source = false): Ajv {
  const { Ajv } = library.ajv();
  const instance = new Ajv({
    strict: true,
    allErrors: true,
    useDefaults: true,
    // checks of schemas, and shorter code, take longer than they save in a run
    validateSchema: false,
    meta: false,
    code: { optimize: false, source },
    verbose: true,
  });
  const { secretLength, secret } = rules;
  instance.addKeyword({
    keyword: "secretLength",
    schemaType: "number",
    errors: false,
    validate: secretLength,
  });
  instance.addKeyword({ keyword: "secret", schemaType: "boolean", errors: false, validate: secret });
  // a union's words for its message, where its title is the name of a type
  instance.addKeyword({ keyword: "expected", schemaType: "string" });
  instance.addKeyword({ keyword: "mistakeIn", errors: "full", validate: mistakeIn });
  library.formats()(instance);
  return instance;
}
