/** Parameters of the running kernel. */
import { defineFact, lines, nothingElse, sh } from "../kit/index.ts";
import { contentsIn, printContents } from "./contents.ts";

/** The file of a parameter below /proc/sys: whichever of `.` and `/` comes first in a name parts it (sysctl(8)). */
export function sysctlPath(name: string): string {
  const [first] = /[./]/.exec(name) ?? [];
  const swapped: Readonly<Record<string, string>> = { ".": "/", "/": "." };
  return `/proc/sys/${first === "." ? name.replace(/[./]/g, (one) => swapped[one] ?? one) : name}`;
}

/** Several numbers are parted by tabs in the kernel, and by spaces in people's files. */
export function sysctlText(value: string): string {
  return value.trim().replaceAll(/[ \t]+/g, " ");
}

/** A value has one line, or a few; the environment of `head`, which stands between them, may be long. Bytes. */
const longest = 128 * 1024;

/** The value of a kernel parameter, by its name; undefined where the kernel has none of that name, or has none to read. */
export const sysctlValue = defineFact<string, string | undefined>({
  name: "sysctl.value",
  restsOn: nothingElse,
  mayArrive: (_, value) => value === undefined, // with a module of the kernel
  // some can only be written, and some give an error until they are set for the first time
  script: (names) => printContents(names.map(sysctlPath), longest, { skipsUnreadable: true }),
  parse(stdout, names) {
    const values = contentsIn(stdout, names.length);
    return new Map(
      names.map((name, index) => {
        const value = values[index];
        return [name, value && sysctlText(value.toString())];
      }),
    );
  },
});

/**
 * Whether a kernel parameter can be set on this host, by its name. In a container most can't: they are those of the kernel
 * that all containers of a machine share.
 */
export const sysctlSettable = defineFact<string, boolean>({
  name: "sysctl.settable",
  restsOn: nothingElse,
  script: (names) =>
    lines(...names.map((name) => sh`if [ -w ${sysctlPath(name)} ]; then printf +; else printf -; fi`)),
  parse(stdout, names) {
    const answers = stdout.toString();
    return new Map(names.map((name, index) => [name, answers[index] === "+"]));
  },
});
