/** Hosts of the inventory that a role's variables name. */
import { type HostInfo, type InventoryView, type Location, ShowrunnerError } from "showrunner";

/** Whose variables they are, and where these were given. */
interface Caller {
  readonly role: string;
  readonly location: Location | undefined;
}

/**
 * The hosts of a pattern; a group that is declared may be empty.
 *
 * @throws ShowrunnerError `vars.invalid`, with the caller's line, for a name that the inventory has not
 */
export function hostsOf(
  inventory: InventoryView,
  pattern: string,
  { role, location }: Caller,
): readonly HostInfo[] {
  try {
    return inventory.select(pattern, { allowEmpty: true });
  } catch (error) {
    if (!(error instanceof ShowrunnerError)) throw error;
    const { message, hint, details } = error;
    throw new ShowrunnerError("vars.invalid", `role ${role}: ${message}`, { hint, details, location });
  }
}
