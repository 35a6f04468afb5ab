/** A module's exports of which some are loaded when they are first asked for. */

/**
 * @param ready those that are there
 * @param load gives the others by their names: each the first time that it is read
 * @returns all of them, as one object
 */
export function lazyNames(
  ready: Readonly<Record<string, unknown>>,
  load: Readonly<Record<string, () => unknown>>,
): object {
  const all = { ...ready };
  for (const [name, get] of Object.entries(load))
    Object.defineProperty(all, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = get();
        Object.defineProperty(all, name, { enumerable: true, value });
        return value;
      },
    });
  return all;
}
