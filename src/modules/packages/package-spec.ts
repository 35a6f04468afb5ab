/** How `apt` names a package. */

/** A package, with the version that is asked for, if one is. */
export interface PackageSpec {
  /** With the architecture, where one is given: `libc6:i386`. */
  readonly name: string;
  /** Exact, or with a `*` at its end. */
  readonly version: string | undefined;
}

/** Debian's package names (Debian Policy, 5.6.1), an architecture, a version. Nothing apt would take for a pattern. */
export const packagePattern =
  /^[a-z0-9][a-z0-9+.-]*[a-z0-9+.](:[a-z0-9][a-z0-9-]*)?(=[0-9A-Za-z][0-9A-Za-z.+:~-]*\*?)?$/;

/** @param text `curl`, `libc6:i386`, `nginx=1.22.*` */
export function parsePackage(text: string): PackageSpec {
  const at = text.indexOf("=");
  return at < 0
    ? { name: text, version: undefined }
    : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** Whether a version is the one asked for. */
export function isVersion(asked: string, version: string): boolean {
  return asked.endsWith("*") ? version.startsWith(asked.slice(0, -1)) : version === asked;
}
