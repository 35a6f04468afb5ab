/** Whether a symbolic link may be followed by whoever writes. */
import { defineFact, enterNear, lines, nothingElse, rawScript, sh, statedRefusal } from "../kit/index.ts";

interface LinkKey {
  readonly [name: string]: string;
  /** The link. */
  readonly path: string;
  /** The absolute path that it leads to. */
  readonly target: string;
}

/** What else is said there is a refusal, too. */
function refusalIn(said: string): string {
  const stated = statedRefusal(said.split("\n"));
  if (stated === undefined) return said;
  const { reason, hint } = stated;
  return hint === undefined ? reason : `${reason}\n${hint}`;
}

/**
 * Why a link must not be followed, with what to do about it on a second line; empty where it may be. A link that others can turn may lead to what they may change
 * anyway, and nowhere else. Whether the link is there does not matter: a plan may be about to make it, and it may be away
 * just now because somebody wants this answer.
 */
export const linkRefusal = defineFact<LinkKey, string>({
  name: "file.link-refusal",
  restsOn: nothingElse, // whoever writes looks at the way once more
  script: (keys) =>
    lines(
      ...keys.map(({ path, target }) =>
        lines(
          rawScript("("),
          enterNear(path),
          sh`if [ -n "$sr_by" ]; then
  sr_theirs=$sr_by sr_their_way=$sr_way_here
  sr_enter_near ${target}
  sr_look
  sr_by=$sr_theirs sr_way_here=$sr_their_way sr_path=${path}
  sr_linked
fi
) 2>&1
printf '\\000'`,
        ),
      ),
    ),
  parse(stdout, keys) {
    const said = stdout.toString().split("\0");
    return new Map(keys.map((key, index) => [key, refusalIn((said[index] ?? "").trim())]));
  },
});
