/** What `apt` gives. */
export interface AptValue {
  /** The packages that were missing, or of another version. */
  readonly installed: readonly string[];
  /** The packages that went: those that must not be there, and what had to go along or was needed no more. */
  readonly removed: readonly string[];
}

export const nothingDone: AptValue = { installed: [], removed: [] };
