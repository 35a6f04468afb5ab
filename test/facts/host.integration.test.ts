import { execFileSync } from "node:child_process";
import { hostname, totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { hostScript } from "../../src/facts/host.ts";
import { parseHostFacts } from "../../src/facts/host-parse.ts";
import { bookworm, busybox } from "./host-outputs.ts";

describe("the facts of a host", () => {
  it("are all there on a Debian server", () => {
    expect(parseHostFacts(bookworm)).toEqual({
      os: "linux",
      distribution: "debian",
      version: "12",
      codename: "bookworm",
      description: "Debian GNU/Linux 12 (bookworm)",
      architecture: "x86_64",
      kernel: "6.1.0-28-amd64",
      hostname: "web1",
      fqdn: "web1.example.org",
      addresses: ["192.0.2.2", "2001:db8::2", "198.51.100.1"],
      interfaces: {
        eth0: {
          mac: "02:fc:00:00:00:01",
          mtu: 1500,
          state: "up",
          addresses: [
            { address: "192.0.2.2", prefix: 24, family: "ipv4", scope: "global" },
            { address: "2001:db8::2", prefix: 64, family: "ipv6", scope: "global" },
            { address: "fe80::fc:ff:fe00:1", prefix: 64, family: "ipv6", scope: "link" },
          ],
        },
        lo: {
          mac: "00:00:00:00:00:00",
          mtu: 65536,
          state: "unknown",
          addresses: [
            { address: "127.0.0.1", prefix: 8, family: "ipv4", scope: "host" },
            { address: "::1", prefix: 128, family: "ipv6", scope: "host" },
          ],
        },
        vlan7: {
          mac: "",
          mtu: 0,
          state: "",
          addresses: [{ address: "198.51.100.1", prefix: 32, family: "ipv4", scope: "global" }],
        },
      },
      defaultAddress: "192.0.2.2",
      defaultInterface: "eth0",
      memory: { total: 4029812 * 1024, available: 3309024 * 1024, swap: 1003516 * 1024 },
      processors: { count: 5, model: "Intel(R) Xeon(R) Processor" },
      mounts: [
        {
          path: "/",
          device: "/dev/vda1",
          type: "ext4",
          options: ["rw", "relatime", "errors=remount-ro"],
          size: 20480000 * 1024,
          available: 10480000 * 1024,
        },
        {
          path: "/run",
          device: "tmpfs",
          type: "tmpfs",
          options: ["rw", "nosuid", "size=402984k"],
          size: 402984 * 1024,
          available: 402484 * 1024,
        },
        {
          path: "/srv/two words",
          device: "/dev/vdb1",
          type: "xfs",
          options: ["rw"],
          size: undefined,
          available: undefined,
        },
        {
          path: "/mnt/files",
          device: "files:/export",
          type: "nfs4",
          options: ["rw", "vers=4.2"],
          size: undefined,
          available: undefined,
        },
      ],
      init: "systemd",
      virtualisation: "kvm",
      time: { epoch: 1795398206, timezone: "Europe/Vienna", offset: "+0200", uptime: 7956 },
    });
  });

  it("are what there is in a container with busybox alone", () => {
    expect(parseHostFacts(busybox)).toMatchObject({
      distribution: "alpine",
      version: "3.20.3",
      codename: "",
      description: "Alpine Linux v3.20",
      fqdn: "box",
      addresses: ["172.17.0.2"],
      defaultAddress: undefined,
      memory: { total: 512000 * 1024, available: 200000 * 1024, swap: 0 },
      processors: { count: 1, model: "" },
      mounts: [{ path: "/", type: "overlay", available: 0 }],
      init: "sh",
      virtualisation: "docker",
      time: { timezone: "UTC", uptime: 12 },
    });
  });

  it("say little, but do not fail, where a host says nothing", () => {
    expect(parseHostFacts("")).toMatchObject({ os: "", addresses: [], mounts: [], processors: { count: 1 } });
  });

  it("have the addresses that hostname knows where there is no ip", () => {
    expect(parseHostFacts("== addresses\n192.0.2.7 2001:db8::7 \n").addresses).toEqual([
      "192.0.2.7",
      "2001:db8::7",
    ]);
  });

  it.each([["dash"], ["bash"], ["busybox", "sh"]])("are read by %s", (shell, ...words) => {
    const output = execFileSync(shell, [...words, "-c", hostScript.text], { encoding: "utf8" });
    const facts = parseHostFacts(output);
    expect(facts).toMatchObject({ os: "linux", hostname: hostname(), memory: { total: totalmem() } });
    expect(facts.mounts.find(({ path }) => path === "/")?.size).toBeGreaterThan(0);
    expect(Math.abs(facts.time.epoch - Date.now() / 1000)).toBeLessThan(60);
  });
});
