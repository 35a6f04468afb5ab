/** Which inventories contradict what the database servers say, and which do not. */
import { describe, expect, it } from "vitest";
import { topologyOf } from "../../roles/mysql/nodes.ts";
import { conflictOf, type Node, type Part } from "../../roles/mysql/topology.ts";
import { inventory, type MysqlInfoValue } from "../../src/index.ts";

const none: MysqlInfoValue = {
  engine: undefined,
  running: false,
  serverId: undefined,
  readOnly: undefined,
  tls: undefined,
  replicatesFrom: undefined,
  databases: [],
  accounts: [],
  gtids: [],
};
const idle = (id: number, ...gtids: string[]): MysqlInfoValue => ({
  ...none,
  engine: "mariadb",
  running: true,
  serverId: id,
  readOnly: true,
  databases: ["site"],
  gtids,
});
const live = (id: number, ...gtids: string[]) => ({ ...idle(id, ...gtids), readOnly: false });
const follows = (host: string, info: MysqlInfoValue, running = true) => ({
  ...info,
  replicatesFrom: { host, port: 3306, tls: false, running },
});
/** As a package leaves it. */
const fresh = { ...live(9), databases: [] };

const node = (number: number, info: MysqlInfoValue | undefined, problem?: string): Node => ({
  name: `db${number}`,
  address: `10.0.0.${number}`,
  info,
  ...(problem === undefined ? {} : { problem }),
});
const primary = (number: number): Part => ({ self: `db${number}`, role: "primary" });
const replica = (number: number, of: number): Part => ({
  self: `db${number}`,
  role: "replica",
  primary: `10.0.0.${of}`,
});

describe("an inventory agrees with", () => {
  it.each<[string, Part, Node[]]>([
    ["hosts without a server", primary(1), [node(1, none), node(2, none)]],
    ["servers as their package leaves them", primary(1), [node(1, fresh), node(2, fresh)]],
    ["what stands", primary(1), [node(1, live(1, "0-1-9")), node(2, follows("10.0.0.1", idle(2, "0-1-9")))]],
    ["what stands, for a replica", replica(2, 1), [node(2, follows("10.0.0.1", idle(2))), node(1, live(1))]],
    ["a new replica", replica(3, 1), [node(3, none), node(1, live(1)), node(2, follows("db1", idle(2)))]],
    [
      "a primary that has restarted",
      primary(1),
      [node(1, idle(1, "0-1-9")), node(2, follows("10.0.0.1", idle(2, "0-1-9"), false))],
    ],
    [
      "a replica of a primary that has restarted",
      replica(2, 1),
      [node(2, follows("10.0.0.1", idle(2))), node(1, idle(1))],
    ],
    [
      "a replica that wrote something itself",
      primary(1),
      [node(1, idle(1, "0-1-9")), node(2, follows("10.0.0.1", idle(2, "0-1-9", "0-2-10")))],
    ],
    [
      "a primary in service while a replica is lost",
      primary(1),
      [node(1, live(1)), node(2, undefined, "no answer")],
    ],
    ["a first primary while a replica is lost", primary(1), [node(1, none), node(2, undefined, "no answer")]],
    ["a chain", replica(3, 2), [node(3, none), node(2, follows("10.0.0.1", idle(2))), node(1, live(1))]],
    ["a switchover by hand", primary(2), [node(2, idle(2, "0-1-9")), node(1, idle(1, "0-1-9"))]],
    [
      "the former primary's new part",
      replica(1, 2),
      [node(1, idle(1, "0-1-9")), node(2, live(2, "0-1-9", "0-2-10"))],
    ],
    [
      "replicas that still follow the former primary",
      replica(3, 2),
      [node(3, follows("10.0.0.1", idle(3))), node(2, live(2)), node(1, idle(1))],
    ],
  ])("%s", (_, part, nodes) => {
    expect(conflictOf(part, nodes)).toBeUndefined();
  });
});

describe("an inventory contradicts", () => {
  it.each<[string, Part, Node[], string]>([
    [
      "a primary that replicates",
      primary(1),
      [node(1, follows("10.0.0.2", idle(1))), node(2, live(2))],
      "db1 is to be the primary, but it replicates from 10.0.0.2:3306. Seen: db1: read-only, replicates from 10.0.0.2:3306, holds site; db2: written to, replicates from nobody, holds site",
    ],
    ["another primary in service", primary(1), [node(1, idle(1)), node(2, live(2))], "db2 is written to"],
    ["two primaries in service", primary(1), [node(1, live(1)), node(2, live(2))], "db2 is written to"],
    [
      "an empty host in the primary's place",
      primary(1),
      [node(1, none), node(2, live(2))],
      "db2 is written to",
    ],
    [
      "a primary that is to become a replica",
      replica(2, 1),
      [node(2, live(2)), node(1, idle(1))],
      "db2 is written to",
    ],
    [
      "a third host in service",
      replica(2, 1),
      [node(2, none), node(1, idle(1)), node(3, live(3))],
      "db3 is written to",
    ],
    [
      "a restarted primary that another one replicates from",
      primary(1),
      [node(1, idle(1)), node(2, idle(2)), node(3, follows("db2", idle(3)))],
      "db3 replicates from db2",
    ],
    [
      "a restarted primary that is to become a replica",
      replica(2, 1),
      [node(2, idle(2)), node(1, idle(1)), node(3, follows("10.0.0.2", idle(3)))],
      "db3 replicates from db2",
    ],
    [
      "a restarted primary that has more",
      primary(1),
      [node(1, idle(1, "0-1-9")), node(2, idle(2, "0-1-9", "0-2-11"))],
      "db2 has 0-2-11, which db1 lacks",
    ],
    [
      "a primary that has lost what a replica received",
      primary(1),
      [node(1, idle(1, "0-1-9")), node(2, follows("10.0.0.1", idle(2, "0-1-10")))],
      "db2 has 0-1-10, which db1 lacks",
    ],
    [
      "an emptied primary",
      primary(1),
      [node(1, none), node(2, follows("10.0.0.1", idle(2, "0-1-10"), false))],
      "db2 has 0-1-10, which db1 lacks",
    ],
    [
      "nobody knows what: a host that can't be asked",
      primary(1),
      [node(1, idle(1)), node(2, undefined, "no route to host")],
      "db2 could not be asked (no route to host)",
    ],
    [
      "nobody knows what: a server that has stopped",
      primary(1),
      [node(1, idle(1)), node(2, { ...none, engine: "mariadb" })],
      "db2 has a server that does not answer",
    ],
  ])("%s", (_, part, nodes, problem) => {
    const conflict = conflictOf(part, nodes);
    expect(conflict?.problem).toContain(problem);
    expect(conflict?.hint).toContain("nothing was changed");
  });
});

describe("the hosts of a topology", () => {
  const all = inventory({
    hosts: {
      db1: { address: "10.0.0.1" },
      db2: { address: "10.0.0.2" },
      db12: { address: "10.0.0.12" },
      web: { address: "10.0.1.1" },
    },
    groups: { db: { hosts: ["db1", "db2"] } },
  });
  it.each([
    [{ nodes: "db", replicas: [], primary: undefined }, ["db1", "db2"]],
    [{ nodes: undefined, replicas: ["10.0.0.2"], primary: undefined }, ["db1", "db2"]],
    [{ nodes: undefined, replicas: ["10.0.0.%"], primary: undefined }, ["db1", "db2", "db12"]],
    [{ nodes: undefined, replicas: ["%"], primary: "10.0.0.12" }, ["db1", "db12"]],
    [{ nodes: undefined, replicas: [], primary: "db2" }, ["db1", "db2"]],
    [{ nodes: undefined, replicas: [], primary: undefined }, ["db1"]],
  ])("by %j are %j", (where, names) => {
    expect(topologyOf(all.host("db1"), all, where).map(({ name }) => name)).toEqual(names);
  });
});
