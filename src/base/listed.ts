/** Many names in a few words. */

/**
 * The first few names, and how many more there are.
 *
 * @example
 * listed(["web1", "web2"]); // "web1, web2"
 */
export function listed(names: readonly string[]): string {
  return names.length <= 6
    ? names.join(", ")
    : `${names.slice(0, 5).join(", ")} and ${names.length - 5} more`;
}
