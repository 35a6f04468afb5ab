import { file as fileState } from "../../facts/files.ts";
import { userAttribute } from "../../facts/users.ts";
import {
  defineModule,
  fail,
  type Module,
  type OptionalInput,
  Param,
  type RequiredInput,
  Type,
} from "../../kit/index.ts";
import { requireAccounts } from "../files/accounts.ts";
import { type Edit, editFile } from "../files/edit-file.ts";
import { file, type PathValue } from "../files/file.ts";
import { prefetchFile } from "../files/put-file.ts";
import { type KeyLine, parseKey, showKey } from "./key-line.ts";
import { accountPattern } from "./names.ts";

const params = {
  /** Who may log in with the keys. */
  user: Type.String({ pattern: accountPattern }),
  /** Public keys, as in `id_ed25519.pub`: one or several lines, or a list of such. */
  key: Type.Union([Type.String(), Type.Array(Type.String())]),
  /** Whether the keys may be used. Default: "present". */
  state: Param.state(),
  /** What precedes each key, such as `no-pty,from="10.0.0.*"`. Left out: what does so in `key`, else nothing. */
  keyOptions: Type.Optional(Type.String({ pattern: "^[^\\n\\r]*$" })),
  /** What follows each key. Left out: as it is in the file; in a new line as in `key`. */
  comment: Type.Optional(Type.String({ pattern: "^[^\\n\\r]*$" })),
  /** true: all other keys are removed; only comments and empty lines stay. Default: false. */
  exclusive: Param.flag(),
  /** Another file, in a directory that is there. Left out: `.ssh/authorized_keys` in the user's home. */
  path: Type.Optional(Param.path()),
};

/** What `authorizedKey` takes. */
export interface AuthorizedKeyParams extends RequiredInput<typeof params>, OptionalInput<typeof params> {}

/**
 * Lets keys log in as a user over SSH, or no longer.
 *
 * A key is recognised by its type and base64 text, and has one line afterwards. The file gets mode 0600; `.ssh` is made
 * where it is missing, and gets 0700; both belong to the user. Links are followed only to what is the user's own.
 *
 * @example
 * await authorizedKey({ user: "deploy", key: "ssh-ed25519 AAAAC3Nz ann@laptop" });
 */
export const authorizedKey: Module<AuthorizedKeyParams, PathValue> = defineModule({
  name: "authorizedKey",
  summary: "Lets keys log in as a user over SSH, or no longer.",
  params,
  onlyPresent: ["keyOptions", "comment", "exclusive"],
  examples: [`authorizedKey({ user: "ann", key: "ssh-ed25519 AAAAC3Nz ann@laptop", exclusive: true })`],
  title: ({ user }) => user,
  check: (p) => void wantedKeys(p),
  async *plan(host, p) {
    const { user, state } = p;
    const [home = `/home/${user}`, group = user] = await Promise.all([
      host.fact(userAttribute, { user, attribute: "home" }),
      host.fact(userAttribute, { user, attribute: "group" }),
      requireAccounts(host, { owner: user }),
    ]);
    const path = p.path ?? `${home}/.ssh/authorized_keys`;
    const owned = state === "absent" ? {} : { owner: user, group, mode: "0600" };
    if (p.path === undefined && state === "present") {
      const [{ type }] = await Promise.all([host.fact(fileState, home), prefetchFile(host, path)]);
      host.require(type !== "absent", `there is no directory ${home} on the host, the home of ${user}`);
      yield* file.plan(host, { path: `${home}/.ssh`, state: "directory", ...owned, mode: "0700" });
    }
    const edit: Edit["edit"] = (text, asRead) => edited(text, wantedKeys(p, asRead), p);
    return yield* editFile(host, { path, state, create: true, ...owned }, { edit });
  },
});

function wantedKeys(p: AuthorizedKeyParams, asRead = (text: string) => text): KeyLine[] {
  const text = [p.key].flat().join("\n");
  const lines = text.match(/^[^\S\n]*[^#\s].*$/gm) ?? [];
  if (lines.length === 0) fail("key: expected a public key, got none");
  return lines.map((line) => {
    const found = parseKey(line) ?? fail(`key: expected a line of a .pub file, got "${line.slice(0, 12)}…"`);
    const options = asRead(p.keyOptions ?? found.options);
    const wanted = { ...found, options, comment: asRead(p.comment ?? found.comment).trim() };
    if (parseKey(showKey(wanted))?.options === options) return wanted;
    return fail(`keyOptions: ${options} can't precede a key`, "put what has a space in it in double quotes");
  });
}

/** The text with one line for each key, or with none. */
function edited(text: string, keys: readonly KeyLine[], { state, comment, exclusive }: AuthorizedKeyParams) {
  const left = new Map(state === "absent" ? [] : keys.map((one) => [one.key, one]));
  const kept = text.split(/(?<=\n)/).map((line) => {
    const found = parseKey(line);
    if (!found || !keys.some(({ key }) => key === found.key))
      return exclusive && /^\s*[^#\s]/.test(line) ? "" : line;
    const wanted = left.get(found.key);
    left.delete(found.key);
    const then = wanted && showKey(comment === undefined ? { ...wanted, comment: found.comment } : wanted);
    return then === showKey(found) ? line : (then ?? "");
  });
  const added = [...left.values()].map(showKey).join("");
  return added === "" ? kept.join("") : kept.join("").replace(/[^\n]$/, "$&\n") + added;
}
