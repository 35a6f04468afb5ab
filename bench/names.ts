/** What is measured, as it is called in the table. */
export const names = {
  floor: "floor: OpenSSH and one script",
  batch: "Showrunner, one batch",
  natural: "Showrunner, natural",
  again: "Showrunner, natural, again and again",
  node: "node -e 1",
  slowFloor: "floor at 50 ms",
  slowNatural: "Showrunner, natural, at 50 ms",
  tree: "a tree of 2,000 files",
  mitogen: "Ansible with mitogen",
  pipelining: "Ansible with pipelining",
  convergingFloor: "first converge: one script",
  converging: "first converge: Showrunner",
  fleet: "200 hosts",
  fleetOne: "200 hosts, one task",
  thousand: "1,000 hosts, long output",
} as const;
