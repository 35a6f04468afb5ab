import { basename } from "node:path";
import {
  defineModule,
  type Module,
  type OptionalInput,
  Param,
  type Plan,
  type RequiredInput,
  Secret,
  Type,
} from "../../kit/index.ts";
import { renderFile, type TemplateVars } from "../../templates/render.ts";
import { ownerParams } from "./attributes.ts";
import { literalContent } from "./content.ts";
import { writeParams } from "./copy.ts";
import { targetOf } from "./copy-file.ts";
import { findLocal } from "./local-source.ts";
import { type Content, type FileValue, putFile } from "./put-file.ts";

const params = {
  /**
   * The local template, relative to the file that calls this, else to the working directory; in a role:
   * role.template(NAME).
   */
  src: Type.String({ minLength: 1 }),
  /** The path on the host; ending in / or being a directory: into it, under the template's name without .ejs. */
  dest: Param.path(),
  /** The template's variables (default: none). */
  vars: Type.Optional(Type.Unsafe<object>({ type: "object" })),
  ...ownerParams,
  /** The file's mode, such as "0644". Left out: as it is, else "0644", or "0600" for what holds a secret. */
  mode: Type.Optional(Param.mode()),
  ...writeParams,
};

/** What `template` takes. */
export interface TemplateParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Renders a local ejs template and puts the result on the host, as `copy` does.
 *
 * Every variable goes by its name and is in `vars`: `<%= domain %>`, `<%= vars.domain %>`. Nothing is escaped for
 * HTML. A missing variable, at any depth, printing `undefined`, and a syntax error fail the task with the template's
 * file and line, and nothing is written. In the template, `q(word)` quotes for a shell, `has("tls.key")` asks
 * whether a variable is there, and `include("other.ejs")` renders a template beside this one.
 *
 * @example
 * await template({ src: role.template("site.conf.ejs"), dest: "/etc/nginx/conf.d/site.conf", vars, validate: "nginx -t" });
 */
export const template: Module<TemplateParams, FileValue> = defineModule({
  name: "template",
  summary: "Renders a local ejs template to a file on the host.",
  params,
  examples: [
    `template({ src: role.template("site.conf.ejs"), dest: "/etc/nginx/conf.d/site.conf", vars, validate: "nginx -t" })`,
  ],
  title: ({ dest }) => dest,
  readsLocalFiles: true,
  complete: (p, caller) => ({ ...p, src: findLocal(p.src, caller) }),
  async *plan(host, p): Plan<FileValue> {
    // first, so that nothing is asked of the host for a template that is wrong
    const rendered = literalContent(renderFile(p.src, variables(p.vars)));
    const hides = holdsSecret(p.vars);
    const content: Content = { ...rendered, ownerOnly: hides, secret: hides ? "parts" : false };
    const target = await targetOf(host, p, basename(p.src).replace(/\.ejs$/, ""));
    return yield* putFile(host, { ...p, ...target, content });
  },
});

function variables(vars: object | undefined): TemplateVars {
  return { ...vars };
}

function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return value !== null && typeof value === "object" && Object.values(value).some(holdsSecret);
}
