/** How a change ends that was made and not confirmed. */
import { ShowrunnerError } from "../../base/errors.ts";

/** The host is as it was before. */
export class TakenBack extends ShowrunnerError {}

/** The host could not restore what was there before: nobody knows how far the change came. */
export class NotRestored extends ShowrunnerError {}
