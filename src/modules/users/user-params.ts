/** What the module `user` is told and gives. */
import { SecretString, type Static, type TObject, Type } from "../../kit/index.ts";
import { accountPattern } from "./names.ts";

/** What `user` gives. */
export interface UserValue {
  /** The user's name. */
  readonly name: string;
  /** The home directory, where it was given or is known. */
  readonly home: string | undefined;
}

const groupName = Type.String({ pattern: accountPattern });

export const userParams = {
  /** The login name. */
  name: Type.String({ pattern: accountPattern, maxLength: 32 }),
  /**
   * Whether there is such a user.
   * @default "present"
   */
  state: Type.Optional(Type.Union([Type.Literal("present"), Type.Literal("absent")], { default: "present" })),
  /** The user's number. */
  uid: Type.Optional(Type.Integer({ minimum: 0 })),
  /**
   * With `uid`: even if another user has that number.
   * @default false
   */
  nonUnique: Type.Optional(Type.Boolean({ default: false })),
  /** The primary group, which must exist. Left out: one of the same name. */
  group: Type.Optional(Type.String({ pattern: accountPattern })),
  /** Further groups, which must exist; the user is taken out of all others, unless `append` is set. */
  groups: Type.Optional(Type.Array(groupName)),
  /**
   * Only add to `groups`: the user stays in all others.
   * @default false
   */
  append: Type.Optional(Type.Boolean({ default: false })),
  /** The full name (GECOS). */
  comment: Type.Optional(Type.String({ pattern: "^[^:\\n]*$" })),
  /** The home directory. */
  home: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$" })),
  /** If the user is created, create the home directory from /etc/skel. Left out: unless `system`. */
  createHome: Type.Optional(Type.Boolean()),
  /**
   * If `home` changes, move what is in the old one.
   * @default false
   */
  moveHome: Type.Optional(Type.Boolean({ default: false })),
  /** The login shell. */
  shell: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$" })),
  /**
   * If the user is created, take a number from the system's range.
   * @default false
   */
  system: Type.Optional(Type.Boolean({ default: false })),
  /**
   * The password's hash, as `mkpasswd -m yescrypt` makes it; `*` for none, with `!` before it locked; an empty
   * one is refused.
   */
  password: Type.Optional(SecretString()),
  /**
   * `onCreate`: leave the password of a user who is there.
   * @default "always"
   */
  updatePassword: Type.Optional(
    Type.Union([Type.Literal("always"), Type.Literal("onCreate")], { default: "always" }),
  ),
  /** The day from which the user can log in no more, as `2027-01-31`, or `never`. */
  expires: Type.Optional(Type.String({ pattern: "^(\\d{4}-\\d{2}-\\d{2}|never)$" })),
  /** Whether logging in with a password is blocked; false: nothing is done for a user who has none. */
  passwordLock: Type.Optional(Type.Boolean()),
  /**
   * With `absent`: remove the home directory and the mail as well.
   * @default false
   */
  remove: Type.Optional(Type.Boolean({ default: false })),
  /**
   * With `absent`: even if the user is logged in.
   * @default false
   */
  force: Type.Optional(Type.Boolean({ default: false })),
};

export type UserSettings = Static<TObject<typeof userParams>>;
