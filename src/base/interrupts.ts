/** Ctrl-C and SIGTERM, heard while something is waited for. */

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Listens until it is told to stop. As long as anybody listens, a signal does not end this process by itself.
 *
 * @param listener called at each signal, and where npx has ended: npx keeps a signal to itself, and leaves us behind
 * @returns how to stop listening
 * @example
 * const stop = onInterrupt(() => controller.abort());
 */
export function onInterrupt(listener: () => void): () => void {
  let heard = false;
  const hear = () => {
    heard = true;
    listener();
  };
  for (const name of signals) process.on(name, hear);
  const watch = watchNpx(() => !heard && hear());
  return () => {
    clearInterval(watch);
    for (const name of signals) process.off(name, hear);
  };
}

function watchNpx(gone: () => void): NodeJS.Timeout | undefined {
  if (process.env["npm_command"] !== "exec") return undefined;
  const parent = process.ppid;
  return setInterval(() => {
    if (process.ppid !== parent) gone();
  }, 250).unref();
}
