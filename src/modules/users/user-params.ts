/** What the module `user` is told and gives. */
import { Param, SecretString, type Static, type TObject, Type, withDefault } from "../../kit/index.ts";
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
  /** Whether there is such a user. Default: "present". */
  state: Param.state(),
  /** The user's number. */
  uid: Type.Optional(Type.Integer({ minimum: 0 })),
  /** With `uid`: even if another user has that number. Default: false. */
  nonUnique: Param.flag(),
  /** The primary group, which must exist. Left out: one of the same name. */
  group: Type.Optional(Type.String({ pattern: accountPattern })),
  /** Further groups, which must exist; the user is taken out of all others, unless `append` is set. */
  groups: Type.Optional(Type.Array(groupName)),
  /** Only add to `groups`: the user stays in all others. Default: false. */
  append: Param.flag(),
  /** The full name (GECOS). */
  comment: Type.Optional(Type.String({ pattern: "^[^:\\n]*$" })),
  /** The home directory. */
  home: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$" })),
  /** If the user is created, create the home directory from /etc/skel. Left out: unless `system`. */
  createHome: Type.Optional(Type.Boolean()),
  /** If `home` changes, move what is in the old one. Default: false. */
  moveHome: Param.flag(),
  /** The login shell. */
  shell: Type.Optional(Type.String({ pattern: "^/[^:\\n]*$" })),
  /** If the user is created, take a number from the system's range. Default: false. */
  system: Param.flag(),
  /**
   * The password's hash, as `mkpasswd -m yescrypt` makes it; `*` for none, with `!` before it locked; an empty
   * one is refused.
   */
  password: Type.Optional(SecretString()),
  /** `onCreate`: leave the password of a user who is there. Default: "always". */
  updatePassword: withDefault(Param.oneOf("always", "onCreate"), "always"),
  /** The day from which the user can no longer log in, as `2027-01-31`, or `never`. */
  expires: Type.Optional(Type.String({ pattern: "^(\\d{4}-\\d{2}-\\d{2}|never)$" })),
  /** Whether logging in with a password is blocked; false: nothing is done for a user who has none. */
  passwordLock: Type.Optional(Type.Boolean()),
  /** With `absent`: remove the home directory and the mail as well. Default: false. */
  remove: Param.flag(),
  /** With `absent`: even if the user is logged in. Default: false. */
  force: Param.flag(),
};

export type UserSettings = Static<TObject<typeof userParams>>;
