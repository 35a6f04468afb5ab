/** A time limit for a promise. */

/**
 * @param work what to wait for
 * @param milliseconds how long
 * @param late makes the error for when it took longer; the work itself goes on, and its end is ignored
 */
export async function withTimeLimit<T>(
  work: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), milliseconds);
  });
  work.catch(() => undefined); // nothing waits for the work once it is late
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
