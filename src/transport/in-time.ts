/**
 * Gives what a request answers, or the error of its time limit.
 *
 * @param timeout milliseconds
 * @param turn what has to end before the time begins
 * @param late ends what takes too long, and makes the error
 */
export async function inTime<T>(
  answers: Promise<T>,
  timeout: number,
  turn: Promise<unknown>,
  late: () => Promise<Error>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  let isLate = false;
  const limit = new Promise<never>((_, reject) => {
    const end = () => {
      isLate = true;
      void late().then(reject);
    };
    void turn.then(() => {
      if (!isOver) timer = setTimeout(end, timeout);
    });
  });
  // ending what runs rejects the answers, before it is known whether all of it has ended
  const timely = answers.catch((error: unknown): Promise<T> => {
    if (!isLate) throw error;
    return limit;
  });
  try {
    return await Promise.race([timely, limit]);
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}
