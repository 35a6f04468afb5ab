/** The lines of the drawing: what leads where, and how a line runs between two boxes. */

/** @import { State } from "./host-state.js" */
/** @import { SiteState, TierState } from "./site-state.js" */

/**
 * `on`: requests go this way. `spare`: they would, if they had to. `off`: they can't.
 *
 * @typedef {"on" | "spare" | "off"} Flow
 */
/** @typedef {{ readonly from: string, readonly to: string, readonly flow: Flow }} Wire */
/** @typedef {{ readonly left: number, readonly right: number, readonly top: number, readonly bottom: number }} Box */

/**
 * Names a box: a host may have several.
 *
 * @param {string} kind
 * @param {string} name
 */
export const boxName = (kind, name) => `${kind} ${name}`;

/**
 * @param {SiteState} state
 * @returns {Wire[]}
 */
export function wiresOf(state) {
  const [balancers, web, application, databases] = /** @type {const} */ ([
    "balancers",
    "web",
    "application",
    "databases",
  ]).map((kind) => state.tiers.find((tier) => tier.kind === kind));
  return [
    ...entry(state, balancers),
    ...toWeb(state, balancers, web),
    ...pairs(web, application),
    ...pairs(application ?? web, databases, { apart: true }),
    ...replication(state, databases),
  ];
}

/**
 * @param {SiteState} state
 * @param {TierState | undefined} balancers
 * @returns {Wire[]}
 */
function entry({ addresses }, balancers) {
  const visitors = boxName("visitors", "");
  const hosts = balancers?.hosts ?? [];
  if (addresses.length === 0)
    return hosts.map((one) => ({
      from: visitors,
      to: boxName("balancers", one.host.name),
      flow: flowTo(one.state),
    }));
  return addresses.flatMap(({ address, state, holders }) => [
    { from: visitors, to: boxName("address", address), flow: flowTo(state) },
    ...hosts.map(({ host }) => ({
      from: boxName("address", address),
      to: boxName("balancers", host.name),
      flow: /** @type {Flow} */ (holders.includes(host.name) ? "on" : "spare"),
    })),
  ]);
}

/**
 * @param {SiteState} state
 * @param {TierState | undefined} balancers
 * @param {TierState | undefined} web
 * @returns {Wire[]}
 */
function toWeb({ addresses, pool }, balancers, web) {
  if (balancers === undefined)
    return (web?.hosts ?? []).map((one) => ({
      from: boxName("visitors", ""),
      to: boxName("web", one.host.name),
      flow: flowTo(one.state),
    }));
  return balancers.hosts.flatMap(({ host, holds }, column) =>
    pool.rows.map(({ server, cells }) => {
      const flow = flowTo(cells[column]?.state ?? "unknown");
      const isUsed = addresses.length === 0 || holds.length > 0;
      return {
        from: boxName("balancers", host.name),
        to: boxName("web", server),
        flow: /** @type {Flow} */ (isUsed ? flow : "spare"),
      };
    }),
  );
}

/**
 * A host asks what runs beside it; where nothing does, or with `apart`, it asks all.
 *
 * @param {TierState | undefined} from
 * @param {TierState | undefined} to
 * @param {{ apart?: boolean }} [options]
 * @returns {Wire[]}
 */
function pairs(from, to, { apart = false } = {}) {
  if (from === undefined || to === undefined) return [];
  return from.hosts.flatMap((one) => {
    const beside = apart ? [] : to.hosts.filter(({ host }) => host.name === one.host.name);
    return (beside.length > 0 ? beside : to.hosts).map((other) => ({
      from: boxName(from.kind, one.host.name),
      to: boxName(to.kind, other.host.name),
      flow: one.state === "bad" ? /** @type {Flow} */ ("off") : flowTo(other.state),
    }));
  });
}

/**
 * @param {SiteState} state
 * @param {TierState | undefined} databases
 * @returns {Wire[]}
 */
function replication({ replication: replicas }, databases) {
  const primary = databases?.hosts.find(({ host }) => host.part === "primary");
  if (primary === undefined) return [];
  return replicas.map(({ host, state }) => ({
    from: boxName("databases", primary.host.name),
    to: boxName("databases", host),
    flow: flowTo(state),
  }));
}

/**
 * @param {State} state
 * @returns {Flow}
 */
function flowTo(state) {
  if (state === "bad") return "off";
  return state === "ok" || state === "warning" ? "on" : "spare";
}

/**
 * The way of a line between two boxes.
 *
 * @param {Box} from
 * @param {Box} to
 * @param {boolean} isDown whether the drawing runs downwards, and sideways only within a tier; else it is the other way
 *   round
 * @returns {string} a path of SVG
 */
export function way(from, to, isDown) {
  const middle = (/** @type {number} */ one, /** @type {number} */ other) => Math.round((one + other) / 2);
  const isBelow = to.top >= from.bottom;
  const isBeside = to.left >= from.right;
  if (isBeside && !(isDown && isBelow)) {
    const [startY, endY] = [middle(from.top, from.bottom), middle(to.top, to.bottom)];
    const bend = middle(from.right, to.left);
    return `M${from.right} ${startY}C${bend} ${startY} ${bend} ${endY} ${to.left} ${endY}`;
  }
  const [startX, endX] = [middle(from.left, from.right), middle(to.left, to.right)];
  const bend = middle(from.bottom, to.top);
  return `M${startX} ${from.bottom}C${startX} ${bend} ${endX} ${bend} ${endX} ${to.top}`;
}
