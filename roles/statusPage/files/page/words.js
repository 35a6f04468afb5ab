/** Figures in words. */

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * How long something takes, in its largest unit.
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  if (seconds < 2 * minute) return `${Math.round(seconds)} s`;
  if (seconds < 2 * hour) return `${Math.round(seconds / minute)} min`;
  return seconds < 2 * day ? `${Math.round(seconds / hour)} h` : `${Math.round(seconds / day)} days`;
}

/**
 * A figure with as many digits as a person reads: 312, 31.2, 0.31.
 *
 * @param {number} value
 */
export function figure(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 100_000) return `${(value / 1000).toFixed(0)} k`;
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(2).replace(/\.?0+$/, "");
}

/**
 * `ReplicationStopped` as `Replication stopped`.
 *
 * @param {string} name
 */
export function spelt(name) {
  const words = name
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .split(" ");
  return words
    .map((word, index) => (index === 0 || /^[A-Z\d]{2,}/.test(word) ? word : word.toLowerCase()))
    .join(" ");
}

/**
 * `3 warnings`, `1 warning`.
 *
 * @param {number} count
 * @param {string} what
 */
export function counted(count, what) {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
