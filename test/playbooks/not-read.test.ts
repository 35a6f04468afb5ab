import { describe, expect, it } from "vitest";
import { answering, notReadIn } from "../../playbooks/parts/not-read.ts";
import { inventory } from "../../src/inventory/index.ts";

const site = (replicas: readonly string[]) =>
  inventory({
    hosts: { app1: {}, app2: {}, app3: {}, db1: {}, db2: {}, db3: {} },
    groups: {
      app: { hosts: ["app1", "app2", "app3"] },
      db_primary: { hosts: ["db1"] },
      db_replica: { hosts: replicas },
    },
  });
const readers = (replicas: readonly string[], notRead = "") =>
  ["app1", "app2", "app3"].map(
    (name) => answering(site(replicas).host(name), site(replicas), notReadIn(notRead)).name,
  );

describe("the application servers read", () => {
  it("from the only replica", () => {
    expect(readers(["db2"])).toEqual(["db2", "db2", "db2"]);
  });

  it("each from one of several replicas, in turn", () => {
    expect(readers(["db2", "db3"])).toEqual(["db2", "db3", "db2"]);
  });

  it("from those that are in service", () => {
    expect(readers(["db2", "db3"], "db2 maintenance\n")).toEqual(["db3", "db3", "db3"]);
  });

  it("from the primary where no replica is in service", () => {
    expect(readers([])).toEqual(["db1", "db1", "db1"]);
    expect(readers(["db2"], "db2 patch\n")).toEqual(["db1", "db1", "db1"]);
  });
});
