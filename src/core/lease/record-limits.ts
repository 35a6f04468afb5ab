/** How much of what a host keeps for runs is read: whoever owns the folder may write what he likes. */

/** What the record of a pending handler may have, in bytes, names and all. A longer one is not read to its end. */
export const longestRecord = 64 * 1024;

/** How many there may be in a folder. */
export const mostRecords = 200;

/** What the name of a holder may have, in bytes. */
export const longestHolder = 4096;
