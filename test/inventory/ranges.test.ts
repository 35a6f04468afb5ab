import { describe, expect, test } from "vitest";
import { expandRange } from "../../src/inventory/index.ts";

describe("expandRange", () => {
  test.each([
    ["web1", ["web1"]],
    ["web[1:3]", ["web1", "web2", "web3"]],
    ["web[01:03]", ["web01", "web02", "web03"]],
    ["web[08:10]", ["web08", "web09", "web10"]],
    ["web[9:11]", ["web9", "web10", "web11"]],
    ["web[01:20:6]", ["web01", "web07", "web13", "web19"]],
    ["web[:2]", ["web0", "web1", "web2"]],
    ["web[0:1]", ["web0", "web1"]],
    ["web[5:5]", ["web5"]],
    ["db[a:d]", ["dba", "dbb", "dbc", "dbd"]],
    ["db[a:e:2].lan", ["dba.lan", "dbc.lan", "dbe.lan"]],
    ["db[Y:Z]", ["dbY", "dbZ"]],
    ["db[z:B]", ["dbz", "dbA", "dbB"]],
    ["r[1:2]n[a:b]", ["r1na", "r1nb", "r2na", "r2nb"]],
    ["192.0.2.[9:10]", ["192.0.2.9", "192.0.2.10"]],
  ])("%s stands for %j", (range, names) => {
    expect(expandRange(range)).toEqual(names);
  });

  test.each([
    ["web[1]", `"[1]" in "web[1]": expected [begin:end] or [begin:end:step]`],
    ["web[1:2:3:4]", `"[1:2:3:4]" in "web[1:2:3:4]": expected [begin:end] or [begin:end:step]`],
    ["web[]", `"[]" in "web[]": expected [begin:end] or [begin:end:step]`],
    ["web[1:]", `"[1:]" in "web[1:]" has no end`],
    ["web[1:3", `the brackets of "web[1:3" don't match`],
    ["web1:3]", `the brackets of "web1:3]" don't match`],
    ["web[1:[2:3]]", `the brackets of "web[1:[2:3]]" don't match`],
    ["web[3:1]", `"[3:1]" in "web[3:1]" is empty: 3 comes after 1`],
    ["web[c:a]", `"[c:a]" in "web[c:a]" is empty: c comes after a`],
    ["web[1:3:0]", `"[1:3:0]" in "web[1:3:0]": the step must be a number from 1 on, got "0"`],
    ["web[1:3:x]", `"[1:3:x]" in "web[1:3:x]": the step must be a number from 1 on, got "x"`],
    ["web[01:100]", `"01" and "100" in "web[01:100]" must have as many digits as each other`],
    ["web[1:c]", `"[1:c]" in "web[1:c]": expected two numbers or two single letters`],
    ["web[aa:cc]", `"[aa:cc]" in "web[aa:cc]": expected two numbers or two single letters`],
    ["web[0:99999999]", `"web[0:99999999]" names 100000000 hosts, at most 65536 can be`],
    ["a[0:999]b[0:999]", `"a[0:999]b[0:999]" names 1000000 hosts, at most 65536 can be`],
  ])("%s is refused", (range, message) => {
    expect(() => expandRange(range)).toThrow(message);
  });
});
