/** Whose sockets keep a daemon from listening. */
import { expect, it } from "vitest";
import { whoIsInTheWay } from "../../roles/ports.ts";

it.each([
  // all of IPv4
  ["0.0.0.0", "0.0.0.0", true],
  ["127.0.0.1", "0.0.0.0", true],
  ["127.0.0.53%lo", "0.0.0.0", true],
  ["*", "0.0.0.0", true],
  ["::ffff:127.0.0.1", "0.0.0.0", true],
  ["::1", "0.0.0.0", false],
  ["fe80::1%eth0", "0.0.0.0", false],
  // ss writes so what listens on IPv6 alone
  ["::", "0.0.0.0", false],
  // one address
  ["0.0.0.0", "127.0.0.1", true],
  ["*", "127.0.0.1", true],
  ["127.0.0.1", "127.0.0.1", true],
  ["::ffff:127.0.0.1", "127.0.0.1", true],
  ["127.0.0.2", "127.0.0.1", false],
  ["::1", "127.0.0.1", false],
  // IPv6 alone, and both by one socket
  ["::1", "::", true],
  ["*", "::", true],
  ["127.0.0.1", "::", false],
  ["0.0.0.0", "::", false],
  ["0:0::1", "::1", true],
  ["127.0.0.1", "*", true],
  ["::1", "*", true],
  // what a host writes there that is no address
  ["no address", "0.0.0.0", false],
] as const)("%s is in the way of %s: %s", (address, wanted, isInTheWay) => {
  const other = { address, process: "perl" };
  expect(whoIsInTheWay([other], "haproxy", wanted)).toBe(isInTheWay ? other : undefined);
});

it("a daemon is not in its own way, and nobody is where nobody can tell", () => {
  expect(whoIsInTheWay([{ address: "*", process: "haproxy" }], "haproxy", "0.0.0.0")).toBeUndefined();
  expect(whoIsInTheWay(undefined, "haproxy", "0.0.0.0")).toBeUndefined();
});
