import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostKeyCheck } from "../../src/transport/host-key.ts";
import { fingerprint, hostName, KnownHosts, keyType } from "../../src/transport/known-hosts.ts";

const dir = mkdtempSync(join(tmpdir(), "known-hosts-"));
afterAll(() => rmSync(dir, { recursive: true }));

function makeKey(name: string): { line: string; blob: Buffer } {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)]);
  const [type = "", base64 = ""] = readFileSync(join(dir, `${name}.pub`), "utf8").split(" ");
  return { line: `${type} ${base64}`, blob: Buffer.from(base64, "base64") };
}
const mine = makeKey("mine");
const other = makeKey("other");

function compare(text: string, name: string, key = mine.blob): string {
  const file = join(dir, "known_hosts");
  writeFileSync(file, text);
  return new KnownHosts([file]).compare(name, key).status;
}

describe("known_hosts", () => {
  const hashed = () => {
    const file = join(dir, "hashed");
    writeFileSync(file, `web1 ${mine.line}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    return readFileSync(file, "utf8");
  };
  it.each([
    ["a plain entry", `web1 ${mine.line}`, "web1", "known"],
    ["a list of names", `db1,web1,10.0.0.1 ${mine.line}`, "10.0.0.1", "known"],
    ["another key", `web1 ${other.line}`, "web1", "changed"],
    ["one of two keys", `web1 ${other.line}\nweb1 ${mine.line}`, "web1", "known"],
    ["no entry", `db1 ${mine.line}`, "web1", "unknown"],
    ["an empty file", "", "web1", "unknown"],
    ["comments and blanks", `# web1 ${other.line}\n\n  web1 ${mine.line} a comment`, "web1", "known"],
    ["a port", `[web1]:2222 ${mine.line}`, hostName("web1", 2222), "known"],
    ["a port that differs", `[web1]:2222 ${mine.line}`, hostName("web1", 22), "unknown"],
    ["a bare name on another port", `web1 ${mine.line}`, hostName("web1", 2222), "known"],
    ["a bare name's other key on another port", `web1 ${other.line}`, hostName("web1", 2222), "unknown"],
    [
      "a port's own entry before that of the bare name",
      `[web1]:2222 ${other.line}\nweb1 ${mine.line}`,
      hostName("web1", 2222),
      "changed",
    ],
    ["a bare name's revoked key", `@revoked web1 ${mine.line}`, hostName("web1", 2222), "revoked"],
    ["a wildcard", `*.example.org ${mine.line}`, "a.example.org", "known"],
    ["a question mark", `web? ${mine.line}`, "web1", "known"],
    ["a negation", `*.example.org,!bad.example.org ${mine.line}`, "bad.example.org", "unknown"],
    ["a dot that is no wildcard", `web.1 ${mine.line}`, "webx1", "unknown"],
    ["a revoked key", `web1 ${mine.line}\n@revoked * ${mine.line}`, "web1", "revoked"],
    ["an authority, which is no host key", `@cert-authority * ${mine.line}`, "web1", "unknown"],
    ["capitals", `WEB1 ${mine.line}`, hostName("Web1", 22), "known"],
  ])("%s", (_, text, name, status) => {
    expect(compare(text, name)).toBe(status);
  });

  it("a hashed entry made by ssh-keygen", () => {
    expect(compare(hashed(), "web1")).toBe("known");
    expect(compare(hashed(), "web1", other.blob)).toBe("changed");
    expect(compare(hashed(), "web2")).toBe("unknown");
  });

  it("asks for the bare name's type of key on another port", () => {
    const file = join(dir, "types");
    writeFileSync(file, `web1 ${mine.line}\n[web1]:2222 ssh-rsa AAAA\n`);
    expect(new KnownHosts([file]).typesOf(hostName("web1", 22))).toEqual(["ssh-ed25519"]);
    expect(new KnownHosts([file]).typesOf(hostName("web1", 2223))).toEqual(["ssh-ed25519"]);
    expect(new KnownHosts([file]).typesOf(hostName("web1", 2222))).toEqual(["ssh-rsa"]);
  });

  it("shows a key as ssh-keygen does", () => {
    expect(execFileSync("ssh-keygen", ["-l", "-f", join(dir, "mine.pub")], { encoding: "utf8" })).toContain(
      fingerprint(mine.blob),
    );
    expect(keyType(mine.blob)).toBe("ssh-ed25519");
  });
});

describe("a host's key", () => {
  const settings = (knownHosts: string, hostKeys?: "pin" | "known" | "insecure") => ({
    name: "web1",
    address: "web1",
    port: 22,
    user: undefined,
    knownHosts,
    hostKeys,
  });

  it("is pinned on first use, for the owner's eyes only, and must not change", () => {
    const file = join(dir, "new", "known_hosts");
    expect(hostKeyCheck(settings(file)).verify(mine.blob)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(hostKeyCheck(settings(file)).verify(mine.blob)).toBe(true);
    const changed = hostKeyCheck(settings(file));
    expect(changed.verify(other.blob)).toBe(false);
    expect(changed.refusal).toMatchObject({
      code: "host.key",
      hint: expect.stringContaining("ssh-keygen -f"),
    });
  });

  it("is pinned on a line of its own where the last one of the file has no end", () => {
    const file = join(dir, "unended");
    writeFileSync(file, `db1 ${other.line}`);
    expect(hostKeyCheck(settings(file)).verify(mine.blob)).toBe(true);
    expect(readFileSync(file, "utf8")).toBe(`db1 ${other.line}\nweb1 ${mine.line}\n`);
  });

  it("is pinned once where several hosts of a run are at one address, and another key of it is refused", () => {
    const file = join(dir, "several");
    // all of them began before the first one's key was seen
    const [first, second, third] = [1, 2, 3].map(() => hostKeyCheck(settings(file)));
    expect([first?.verify(mine.blob), second?.verify(mine.blob), third?.verify(other.blob)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(readFileSync(file, "utf8")).toBe(`web1 ${mine.line}\n`);
  });

  it("is refused where it can't be pinned", () => {
    const check = hostKeyCheck(settings(join(dir, "mine", "known_hosts")));
    expect(check.verify(mine.blob)).toBe(false);
    expect(check.refusal).toMatchObject({
      code: "host.key",
      message: expect.stringContaining(`could not be pinned in ${join(dir, "mine", "known_hosts")}: `),
    });
  });

  it("is not looked for in a directory, but that is told", () => {
    expect(() => hostKeyCheck(settings(dir))).toThrow(
      `the known hosts in ${dir} can't be read: it is a directory`,
    );
    expect(hostKeyCheck(settings(dir, "insecure")).verify(mine.blob)).toBe(true);
  });

  it("must be known where that is asked for", () => {
    const check = hostKeyCheck(settings(join(dir, "none"), "known"));
    expect(check.verify(mine.blob)).toBe(false);
    expect(check.refusal?.message).toContain(fingerprint(mine.blob));
  });
});
