/** How much of a host's records is read: the owner of a folder may write anything into it. */

/** The longest record of a pending handler, in bytes. A longer one is not read to its end. */
export const longestRecord = 64 * 1024;

/** How many there may be in a folder. */
export const mostRecords = 200;

/** What the name of a holder may have, in bytes. */
export const longestHolder = 4096;
