/** Which parameters of the kernel the role sets, and how it writes them. */
import { describe, expect, it } from "vitest";
import { settableParameters, wantedParameters } from "../../roles/hardening/kernel.ts";

const given = (own: Parameters<typeof wantedParameters>[0], name: string) =>
  wantedParameters(own).filter((one) => one.name === name);

describe("what a user gives", () => {
  it("takes the place of the role's own, with slashes as with dots", () => {
    const set = [{ name: "net.ipv4.ip_forward", value: "1", asked: true }];
    expect(given({ "net.ipv4.ip_forward": 1 }, "net.ipv4.ip_forward")).toEqual(set);
    expect(given({ "net/ipv4/ip_forward": 1 }, "net.ipv4.ip_forward")).toEqual(set);
    expect(given({ "net/ipv4/ip_forward": false }, "net.ipv4.ip_forward")).toEqual([]);
    expect(wantedParameters({ "net/ipv4/ip_forward": 1 })).toHaveLength(wantedParameters({}).length);
  });

  it("keeps the dot in the name of an interface", () => {
    const [one] = wantedParameters({ "net/ipv4/conf/eth0.1/rp_filter": 2 }).filter(({ asked }) => asked);
    expect(one?.name).toBe("net.ipv4.conf.eth0/1.rp_filter");
  });

  it("is written with single spaces, as sysctl writes it", () => {
    const name = "net.ipv4.tcp_rmem";
    for (const value of ["4096\t131072  6291456", " 4096 131072 6291456 "])
      expect(given({ [name]: value }, name)).toEqual([{ name, value: "4096 131072 6291456", asked: true }]);
  });
});

describe("a parameter that the kernel does not have", () => {
  const of = (asked: boolean) => [{ name: "net.ipv4.ip_froward", value: "1", asked }];

  it("is an error where the user asks for it", () => {
    expect(() => settableParameters(of(true), [undefined], [false])).toThrow(
      "kernel: the kernel has no parameter net.ipv4.ip_froward",
    );
  });

  it("is left out where the role alone asks for it, as is what the host may not set", () => {
    expect(settableParameters(of(false), [undefined], [false])).toEqual([]);
    expect(settableParameters(of(true), ["0"], [false])).toEqual([]);
    expect(settableParameters(of(true), ["0"], [true])).toEqual(of(true));
  });
});
