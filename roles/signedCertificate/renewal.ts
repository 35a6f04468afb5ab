/** When a certificate is renewed. Only a run renews one, and people start a run once a month, not to the hour. */

/**
 * Half of the validity: a run that comes just too early leaves a certificate that outlives the next run.
 *
 * @param days how long a certificate is valid, in days
 * @returns how long before its end a run renews it, in days
 */
export function renewalDays(days: number): number {
  return Math.ceil(days / 2);
}
