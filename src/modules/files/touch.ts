/** Makes empty files, and gives files a new time. */

import { file } from "../../facts/files.ts";
import { change, holdPath, lines, type Plan, type PlanHost, sh } from "../../kit/index.ts";
import { type Attributes, setAttributes } from "./attributes.ts";
import { literalContent } from "./content.ts";
import type { Followed } from "./paths.ts";
import { putFile } from "./put-file.ts";

interface Touch extends Attributes {
  readonly modificationTime?: "preserve" | "now" | undefined;
}

export async function* touchFile(host: PlanHost, { path, links }: Followed, p: Touch): Plan<void> {
  const state = await host.fact(file, path);
  if (state.type === "absent") {
    const { owner, group, mode } = p;
    yield* putFile(host, { path, links, owner, group, mode, content: literalContent("") });
    return;
  }
  if (p.modificationTime === "now")
    yield change({
      what: "time",
      after: "now",
      script: lines(holdPath(path, state), sh`touch -c -- "$sr_held"`),
      sets: [],
      touches: [],
    });
  if (state.type !== "link") yield* setAttributes(host, path, state, p);
}
