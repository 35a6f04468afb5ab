/** What Prometheus answers, checked and sorted by name. */

/**
 * One figure, as of now.
 *
 * @typedef {object} Sample
 * @property {string} name
 * @property {Readonly<Record<string, string>>} labels without the name
 * @property {number} value
 */

/**
 * A figure over time.
 *
 * @typedef {object} Point
 * @property {number} time in seconds
 * @property {number} value
 */

/** The figures of one moment. */
export class Samples {
  /** @type {Map<string, Sample[]>} */
  #byName = new Map();

  /** @param {readonly Sample[]} list */
  constructor(list) {
    for (const sample of list) {
      const others = this.#byName.get(sample.name);
      if (others) others.push(sample);
      else this.#byName.set(sample.name, [sample]);
    }
  }

  /**
   * All figures of a name that have these labels.
   *
   * @param {string} name
   * @param {Readonly<Record<string, string>>} [labels]
   * @returns {readonly Sample[]}
   */
  all(name, labels = {}) {
    const wanted = Object.entries(labels);
    const named = this.#byName.get(name) ?? [];
    return named.filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value));
  }

  /**
   * The first of them; undefined where there is none, or where it is no number.
   *
   * @param {string} name
   * @param {Readonly<Record<string, string>>} [labels]
   * @returns {number | undefined}
   */
  value(name, labels = {}) {
    const [first] = this.all(name, labels);
    return first === undefined || Number.isNaN(first.value) ? undefined : first.value;
  }
}

/** An answer that is not Prometheus's. */
export class UnreadableAnswer extends Error {}

/**
 * The figures of one moment, and the moment in seconds by Prometheus's own clock.
 *
 * @param {unknown} answer of /api/v1/query
 * @returns {{ samples: Sample[], time: number }}
 */
export function samplesIn(answer) {
  let time = 0;
  const samples = resultsIn(answer, "vector").map(({ metric, value }) => {
    const point = pointIn(value);
    time = Math.max(time, point.time);
    const { __name__: name = "", ...labels } = metric;
    return { name, labels, value: point.value };
  });
  return { samples, time };
}

/**
 * The points of the first series.
 *
 * @param {unknown} answer of /api/v1/query_range
 * @returns {Point[]}
 */
export function pointsIn(answer) {
  const [first] = resultsIn(answer, "matrix");
  if (first === undefined) return [];
  if (!Array.isArray(first.values)) throw new UnreadableAnswer("a series has no values");
  return first.values.map(pointIn).filter(({ value }) => Number.isFinite(value));
}

/**
 * @param {unknown} answer
 * @param {string} type
 * @returns {{ metric: Record<string, string>, value: unknown, values: unknown }[]}
 */
function resultsIn(answer, type) {
  const data = fieldOf(answer, "data");
  const result = fieldOf(data, "result");
  if (
    fieldOf(answer, "status") !== "success" ||
    fieldOf(data, "resultType") !== type ||
    !Array.isArray(result)
  )
    throw new UnreadableAnswer(`no answer of the type ${type}`);
  return result.map((one) => ({
    metric: labelsIn(fieldOf(one, "metric")),
    value: fieldOf(one, "value"),
    values: fieldOf(one, "values"),
  }));
}

/**
 * @param {unknown} value
 * @returns {Record<string, string>}
 */
function labelsIn(value) {
  if (typeof value !== "object" || value === null) throw new UnreadableAnswer("a series has no labels");
  return Object.fromEntries(Object.entries(value).map(([label, text]) => [label, String(text)]));
}

/**
 * @param {unknown} value a time, and the figure as a text
 * @returns {Point}
 */
function pointIn(value) {
  if (!Array.isArray(value) || typeof value[0] !== "number" || typeof value[1] !== "string")
    throw new UnreadableAnswer("a figure is none");
  return { time: value[0], value: numberIn(value[1]) };
}

/** @param {string} text */
function numberIn(text) {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {unknown}
 */
function fieldOf(value, name) {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}
