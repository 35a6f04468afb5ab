/** Who holds an address, read from what the kernel tells of its neighbours. */
import { describe, expect, it } from "vitest";
import { addressHolder } from "../../src/facts/address-holder.ts";
import { parsed, readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

const key = { address: "10.0.0.100", own: "10.0.0.11", others: ["10.0.0.12"] };
const at = { interface: "eth0.5", network: "10.0.0.11/24" };

/** An `ip` that knows these neighbours. */
function network(neighbours: Readonly<Record<string, string>>, own: readonly string[] = [key.own]) {
  const neighbour = Object.entries(neighbours).map(([address, said]) => `${address}/32) echo '${said}' ;;`);
  const address = own.map(
    (one) => `${one}/32) echo "2: eth0.5    inet ${one}/24 brd 10.0.0.255 scope global eth0.5" ;;`,
  );
  return shellWith({
    ip: `#!/bin/sh
for last; do :; done
case "$*" in
neigh\\ flush*) ;;
neigh*) case $last in ${neighbour.join("\n")} *) ;; esac ;;
*address*) case $last in ${address.join("\n")} *) ;; esac ;;
esac`,
    bash: "#!/bin/sh\nexit 0",
    sleep: "#!/bin/sh\nexit 0",
  });
}

const read = (shell: readonly string[]) => readHere(addressHolder, [key], shell).get(key);

describe("an address is held", () => {
  it("by nobody where no neighbour answers", () => {
    expect(read(network({}))).toEqual({ ...at, holder: "nobody" });
    expect(read(network({ "10.0.0.100": "10.0.0.100 FAILED" }))).toEqual({ ...at, holder: "nobody" });
  });

  it("by the host itself", () => {
    expect(read(network({}, [key.own, key.address]))).toEqual({ ...at, holder: "self" });
  });

  it("by another host that may, or by a foreign one", () => {
    const other = "10.0.0.12 lladdr aa:aa:aa:aa:aa:12 REACHABLE";
    expect(
      read(network({ "10.0.0.100": "10.0.0.100 lladdr aa:aa:aa:aa:aa:12 DELAY", "10.0.0.12": other })),
    ).toEqual({ ...at, holder: "other" });
    expect(
      read(network({ "10.0.0.100": "10.0.0.100 lladdr bb:bb:bb:bb:bb:bb REACHABLE", "10.0.0.12": other })),
    ).toEqual({ ...at, holder: { mac: "bb:bb:bb:bb:bb:bb" } });
  });

  it("by another host that may, whose own answer comes later", () => {
    // at first the address's holder alone has answered
    const late = shellWith({
      ip: `#!/bin/sh
for last; do :; done
case "$* $(cat "\${0%/*}/slept" 2>/dev/null)" in
neigh\\ flush*) ;;
neigh*10.0.0.100/32*) echo '10.0.0.100 lladdr aa:aa:aa:aa:aa:12 DELAY' ;;
neigh*10.0.0.12/32\\ yes) echo '10.0.0.12 lladdr aa:aa:aa:aa:aa:12 REACHABLE' ;;
*address*10.0.0.11/32*) echo "2: eth0.5    inet 10.0.0.11/24 brd 10.0.0.255 scope global eth0.5" ;;
esac`,
      bash: "#!/bin/sh\nexit 0",
      sleep: '#!/bin/sh\necho yes >"${0%/*}/slept"',
    });
    expect(read(late)).toEqual({ ...at, holder: "other" });
  });

  it("by nobody knows whom where the host's own address is on no interface", () => {
    expect(read(network({}, []))).toBeUndefined();
  });
});

it("takes no interface's name that could be anything else", () => {
  expect(parsed(addressHolder, [key], "==\ne;reboot 10.0.0.11/24\n").get(key)).toBeUndefined();
});
