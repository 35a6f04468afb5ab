/** Names of users and groups. */

/** What Debian's useradd and groupadd accept: nothing that a tool would take for an option or a separator. */
export const accountPattern = "^[A-Za-z_][A-Za-z0-9_.-]*\\$?$";
