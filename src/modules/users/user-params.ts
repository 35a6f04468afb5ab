/** What the module `user` is told and gives. */
import { SecretString, type Static, type TObject, Type } from "../../core/base/schema.ts";
import { accountPattern } from "./names.ts";

/** What `user` gives. */
export interface UserValue {
  readonly name: string;
  /** The home directory, where it was given or is known. */
  readonly home: string | undefined;
}

const groupName = Type.String({ pattern: accountPattern });

export const userParams = {
  name: Type.String({ pattern: accountPattern, maxLength: 32, description: "the login name" }),
  state: Type.Optional(
    Type.Union([Type.Literal("present"), Type.Literal("absent")], {
      default: "present",
      description: "whether there is such a user",
    }),
  ),
  uid: Type.Optional(Type.Integer({ minimum: 0, description: "the user's number" })),
  nonUnique: Type.Optional(
    Type.Boolean({ default: false, description: "with `uid`: even if another user has that number" }),
  ),
  group: Type.Optional(
    Type.String({
      pattern: accountPattern,
      description: "the primary group, which must exist. Left out: one of the same name",
    }),
  ),
  groups: Type.Optional(
    Type.Array(groupName, {
      description:
        "further groups, which must exist; the user is taken out of all others, unless `append` is set",
    }),
  ),
  append: Type.Optional(
    Type.Boolean({ default: false, description: "only add to `groups`: the user stays in all others" }),
  ),
  comment: Type.Optional(Type.String({ pattern: "^[^:\\n]*$", description: "the full name (GECOS)" })),
  home: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$", description: "the home directory" })),
  createHome: Type.Optional(
    Type.Boolean({
      description:
        "if the user is created, create the home directory from /etc/skel. Left out: unless `system`",
    }),
  ),
  moveHome: Type.Optional(
    Type.Boolean({ default: false, description: "if `home` changes, move what is in the old one" }),
  ),
  shell: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$", description: "the login shell" })),
  system: Type.Optional(
    Type.Boolean({
      default: false,
      description: "if the user is created, take a number from the system's range",
    }),
  ),
  password: Type.Optional(
    SecretString({
      description:
        "the password's hash, as `mkpasswd -m yescrypt` makes it; `*` for none, with `!` before it locked; an empty one is refused",
    }),
  ),
  updatePassword: Type.Optional(
    Type.Union([Type.Literal("always"), Type.Literal("onCreate")], {
      default: "always",
      description: "`onCreate`: leave the password of a user who is there",
    }),
  ),
  expires: Type.Optional(
    Type.String({
      pattern: "^(\\d{4}-\\d{2}-\\d{2}|never)$",
      description: "the day from which the user can log in no more, as `2027-01-31`, or `never`",
    }),
  ),
  passwordLock: Type.Optional(
    Type.Boolean({
      description:
        "whether logging in with a password is blocked; false: nothing is done for a user who has none",
    }),
  ),
  remove: Type.Optional(
    Type.Boolean({
      default: false,
      description: "with `absent`: remove the home directory and the mail as well",
    }),
  ),
  force: Type.Optional(
    Type.Boolean({ default: false, description: "with `absent`: even if the user is logged in" }),
  ),
};

export type UserParams = Static<TObject<typeof userParams>>;
