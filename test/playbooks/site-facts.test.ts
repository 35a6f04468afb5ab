import { describe, expect, it } from "vitest";
import { balancerState } from "../../playbooks/parts/balancer-state.ts";
import { hostLook } from "../../playbooks/parts/status/host-look.ts";
import type { Fact, FactKey } from "../../src/index.ts";

/** What the fact makes of what its script has printed. */
function parsed<K extends FactKey, V>({ source }: Fact<K, V>, printed: string, key: K) {
  if (!("parse" in source)) throw new Error(`${source.name} is read by no script`);
  return source.parse(Buffer.from(printed), [key]).get(key);
}

const interfaces =
  "1: lo    inet 127.0.0.1/8 scope host lo\n2: host0    inet 10.0.0.11/24 brd 10.0.0.255 scope global host0\n2: host0    inet 10.0.0.10/24 scope global secondary host0\n";

describe("a balancer's state", () => {
  it("tells which addresses it takes part in, and which it holds", () => {
    expect(
      parsed(
        balancerState,
        `active active \n\n==\n10.0.0.10.prom\n10.0.0.9.prom\nx.prom\n10.0.0.8\n==\n${interfaces}`,
        "",
      ),
    ).toEqual({
      runs: true,
      outOfService: undefined,
      addresses: [
        { address: "10.0.0.10", held: true },
        { address: "10.0.0.9", held: false },
      ],
    });
  });

  it.each([
    ["patch\n", "patch"],
    ["patch", "patch"],
    ["", "somebody"],
    ["\u001b[31mred\n", "somebody"],
    ["\n", "somebody"],
  ])("says why it is out of service: %j", (why, reason) => {
    const state = parsed(balancerState, `active failed \nout\n${why}\n==\n==\n`, "");
    expect(state).toEqual({ runs: false, outOfService: reason, addresses: [] });
  });
});

const asked = { units: ["nginx", "mariadb"], release: "", notRead: "", database: true, certificates: [] };
const answer = (parts: Readonly<Record<string, string>>) =>
  ["host\n", ...Object.entries(parts).map(([name, text]) => `${name}\n${text}`)]
    .map((one) => `\u001e${one}`)
    .join("");

describe("what a host says of its part in the site", () => {
  it("is read from what its programs print", () => {
    const printed = answer({
      units: "active\ninactive\n",
      release: "releases/f2e6\n",
      notRead: "db2 patch\n",
      database:
        "*************************** 1. row ***************************\nread_only: 1\n" +
        "*************************** 1. row ***************************\n             Master_Host: 10.0.0.31\n" +
        "        Slave_IO_Running: Yes\n       Slave_SQL_Running: Yes\n   Seconds_Behind_Master: 7\n           Last_IO_Error: \n",
      certificates: "notAfter=Jan  1 00:00:00 2027 GMT /etc/ssl/a b.crt\n /etc/ssl/other.crt\n",
    });
    expect(parsed(hostLook, printed, asked)).toEqual({
      units: new Map([
        ["nginx", "active"],
        ["mariadb", "inactive"],
      ]),
      release: "f2e6",
      notRead: "db2 patch\n",
      database: {
        readOnly: true,
        replica: { primary: "10.0.0.31", runs: true, lag: 7, problem: "" },
      },
      certificates: new Map([["/etc/ssl/a b.crt", Date.UTC(2027, 0, 1)]]),
    });
  });

  it("is little where nothing answers, or where the answer is nonsense", () => {
    for (const printed of [
      "",
      answer({}),
      answer({ database: "x: y\n".repeat(20_000), certificates: "notAfter=".repeat(20_000) }),
    ]) {
      const look = parsed(hostLook, printed, asked);
      expect(look).toMatchObject({ database: undefined, certificates: new Map() });
      expect(look).toHaveProperty(
        "units",
        new Map([
          ["nginx", "not known"],
          ["mariadb", "not known"],
        ]),
      );
    }
  });
});
