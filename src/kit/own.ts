/** What our own modules and facts need of the core, and no author of others: it is not public, and may change. */
export { callerLocation } from "../base/location.ts";
export { mountedText } from "../base/mounted.ts";
export { stateWord } from "../base/safe-path.ts";
export { tellingMark } from "../base/telling.ts";
export { stagingName, writeFileScript } from "../core/engine/write-file.ts";
export type { Description } from "../core/facts/change.ts";
export { stateFolders } from "../core/lease/host-state.ts";
export { markOf } from "../secrets/mark.ts";
