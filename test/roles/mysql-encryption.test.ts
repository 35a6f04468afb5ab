/** Which accounts can require TLS at once, and which have to wait for their replicas. */
import { describe, expect, it } from "vitest";
import { inTheClear, mustWait, usedBy } from "../../roles/mysql/encryption.ts";
import type { Node } from "../../roles/mysql/topology.ts";
import type { MysqlInfoValue } from "../../src/index.ts";

const server: MysqlInfoValue = {
  engine: "mariadb",
  running: true,
  serverId: 1,
  readOnly: true,
  tls: true,
  replicatesFrom: undefined,
  databases: ["site"],
  accounts: [],
  gtids: [],
};
const node = (number: number, info: MysqlInfoValue | undefined): Node => ({
  name: `db${number}`,
  address: `10.0.0.${number}`,
  info,
});
const follows = (host: string, tls: boolean): MysqlInfoValue => ({
  ...server,
  replicatesFrom: { host, port: 3306, tls, running: true },
});
const primary = node(1, {
  ...server,
  readOnly: false,
  accounts: ["site@%", "repl@10.0.0.2", "repl@10.0.0.3", "repl@db%", "repl@%"],
});

describe("in the clear", () => {
  it.each<[string, Node, boolean]>([
    ["a replica without TLS", node(2, follows("10.0.0.1", false)), true],
    ["a replica with TLS", node(2, follows("db1", true)), false],
    ["a replica of an unknown address", node(2, follows("10.0.0.9", false)), true],
    ["a replica of a replica", node(2, follows("10.0.0.3", false)), false],
    ["a server that replicates from nobody", node(2, server), false],
    ["a server that does not answer", node(2, { ...server, running: false }), true],
    ["a host without a server", node(2, { ...server, engine: undefined, running: false }), false],
    ["a host that could not be asked", node(2, undefined), true],
  ])("%s", (_, one, expected) => {
    const nodes = [primary, one, node(3, follows("10.0.0.1", true))];
    expect(inTheClear(primary, nodes)).toEqual(expected ? [one] : []);
  });
});

describe("an account", () => {
  const plain = [node(2, follows("10.0.0.1", false))];
  it.each<[string, string[], string[]]>([
    ["by address", ["10.0.0.2", "10.0.0.3"], ["10.0.0.2"]],
    ["by name", ["db%", "10.0.0.3"], ["db%"]],
    ["for all", ["%"], ["%"]],
    [
      "for an unknown address",
      ["10.0.0.3", "192.0.2.0/255.255.255.0"],
      ["10.0.0.3", "192.0.2.0/255.255.255.0"],
    ],
  ])("is used by a replica: %s", (_, hosts, used) => {
    expect(usedBy(hosts, plain)).toEqual(used);
  });

  it.each<[string, string[], Node[], string[]]>([
    ["waits while its replica is in the clear", ["10.0.0.2", "10.0.0.3"], plain, ["10.0.0.2"]],
    ["waits for nobody", ["10.0.0.2"], [node(2, follows("10.0.0.1", true))], []],
    ["that is not there waits for nobody", ["10.0.0.4", "10.0.0._"], plain, []],
    ["waits where nothing says who its replicas are", ["%"], [], ["%"]],
  ])("%s", (_, hosts, others, waiting) => {
    expect(mustWait({ user: "repl", hosts }, primary, [primary, ...others])).toEqual(waiting);
  });
});
