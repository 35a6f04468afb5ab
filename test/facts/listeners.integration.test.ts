/** Who listens on a port, by what the machine itself says. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { portListeners } from "../../src/facts/listeners.ts";

const server = createServer();
beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => server.close());

function read(ports: readonly number[], path = process.env["PATH"]) {
  const { source } = portListeners;
  if (!("script" in source)) throw new Error("expected a script");
  const keys = ports.map((port) => ({ port }));
  const { stdout, status } = spawnSync("/bin/sh", ["-c", source.script(keys).text], { env: { PATH: path } });
  expect(status).toBe(0);
  const values = source.parse(stdout, keys);
  return keys.map((key) => values.get(key));
}

describe("a port's listeners", () => {
  it("are the processes that have it, and none where nobody has", () => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("expected a port");
    expect(read([address.port, 1])).toEqual([
      [{ address: "127.0.0.1", process: expect.stringMatching(/./) }],
      [],
    ]);
  });

  it("are not known on a host without ss", () => {
    expect(read([1], "/nowhere")).toEqual([undefined]);
  });
});
