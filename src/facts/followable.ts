/** Whether a symbolic link may be followed by whoever writes. */
import { posix } from "node:path";
import { enterDirectoryOf } from "../core/base/safe-path.ts";
import { lines, sh } from "../core/base/script.ts";
import { defineFact } from "../core/facts/fact.ts";

export interface LinkKey {
  readonly [name: string]: string;
  /** The link. */
  readonly path: string;
  /** The absolute path that it leads to. */
  readonly target: string;
}

/**
 * Why a link must not be followed; empty where it may be. A link that others can turn may lead to what they may change
 * anyway, and nowhere else.
 */
export const linkRefusal = defineFact<LinkKey, string>({
  name: "file.link-refusal",
  script: (keys) =>
    lines(
      ...keys.map(({ path, target }) =>
        lines(
          // a link that a plan would make is not there yet, nor may its directory be
          sh`( [ -L ${path} ] || exit 0`,
          enterDirectoryOf(path),
          sh`if [ -n "$sr_by" ]; then
  sr_theirs=$sr_by
  sr_enter ${posix.dirname(target)}
  sr_look
  sr_by=$sr_theirs sr_path=${path}
  sr_linked
fi
) 2>&1
printf '\\000'`,
        ),
      ),
    ),
  parse(stdout, keys) {
    const said = stdout.toString().split("\0");
    return new Map(keys.map((key, index) => [key, (said[index] ?? "").trim()]));
  },
});
