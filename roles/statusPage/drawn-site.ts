/** The site as the page draws it: what the role writes as JSON, and the page reads. */

/** A host in the drawing. */
export interface DrawnHost {
  readonly name: string;
  readonly address: string;
  /** Only in the tier of the databases: whether others replicate from it, or it replicates. */
  readonly part?: "primary" | "replica";
}

/** The tiers that the page knows, in the order in which a request meets them. */
type TierKind = "balancers" | "web" | "application" | "databases" | "monitoring";

/** Hosts that do the same. */
export interface Tier {
  readonly kind: TierKind;
  readonly hosts: readonly DrawnHost[];
}

/** What the page reads from `site.json`. */
export interface Topology {
  readonly title: string;
  /** The addresses that move between the balancers. */
  readonly addresses: readonly string[];
  /** Without the tiers that have no host. */
  readonly tiers: readonly Tier[];
}
