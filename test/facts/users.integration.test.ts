import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Fact, FactKey } from "../../src/core/facts/fact.ts";
import {
  groupExists,
  groupId,
  passwordState,
  type UserAttribute,
  userAttribute,
  userExists,
  userGroups,
  userPassword,
} from "../../src/facts/users.ts";
import { parsed, readHere } from "./parsed.ts";
import { shellWith } from "./stub-commands.ts";

describe("users and groups", () => {
  const alpine = shellWith({
    // musl-utils'
    getent: `#!/bin/sh
database=$1
[ $# -gt 1 ] || exec cat "/etc/$database"
shift
for name; do grep "^$name:" "/etc/$database" || exit 2; done`,
  });
  const passwd =
    "root:x:0:0:root:/root:/bin/bash\ndeploy:x:1000:1000:De Ploy,,,:/home/deploy:/bin/sh\nodd:x:1001:4711::/:/bin/sh\n";
  const groups = "\nroot:x:0:\nsudo:x:27:deploy,other\nadm:x:4:deploy\ndeploy:x:1000:\n";

  it("have attributes, one a key", () => {
    const ask = (user: string, attribute: UserAttribute["attribute"]) => ({ user, attribute });
    const keys = [
      ask("deploy", "uid"),
      ask("deploy", "group"),
      ask("deploy", "comment"),
      ask("odd", "group"),
      ask("no", "group"),
    ];
    const values = parsed(userAttribute, keys, passwd + groups);
    expect(keys.map((key) => values.get(key))).toEqual(["1000", "deploy", "De Ploy,,,", "4711", undefined]);
  });

  it("have no attributes where no such user was found", () => {
    const key: UserAttribute = { user: "no", attribute: "uid" };
    expect(parsed(userAttribute, [key], groups).get(key)).toBeUndefined();
  });

  it("have their further groups sorted", () => {
    expect([...parsed(userGroups, ["deploy", "root"], groups)]).toEqual([
      ["deploy", ["adm", "sudo"]],
      ["root", []],
    ]);
  });

  it("have a password whose hash is told only by its digest", () => {
    const states = parsed(
      userPassword,
      ["a", "b", "c"],
      "a:$6$salt$hash:20228:0:99999:7:::\nb:!:20228::::::\n",
    );
    expect(states.get("a")).toEqual(passwordState("$6$salt$hash"));
    expect(states.get("a")?.locked).toBe(false);
    expect(states.get("b")).toEqual(passwordState("!"));
    expect(states.get("c")).toBeUndefined();
    expect(JSON.stringify(states.get("a"))).not.toContain("hash");
  });

  it.each([["sh"], ["bash"]])("are read from this machine with %s", (shell) => {
    expect([...readHere(userExists, ["root", "no-such-user"], [shell]).values()]).toEqual([true, false]);
    expect([...readHere(groupExists, ["no-such-group", "root"], [shell]).values()]).toEqual([false, true]);
    expect(readHere(groupId, ["root"], [shell]).get("root")).toBe(0);
    const home: UserAttribute = { user: "root", attribute: "home" };
    const group: UserAttribute = { user: "root", attribute: "group" };
    const read = readHere(userAttribute, [home, group], [shell]);
    expect([read.get(home), read.get(group)]).toEqual(["/root", "root"]);
  });

  it("are asked for in one process, whether all are there or not", () => {
    const asked = join(mkdtempSync(join(tmpdir(), "getent-")), "asked");
    const counting = shellWith({ getent: `#!/bin/sh\necho "$@" >>${asked}\nexec /usr/bin/getent "$@"` });
    const names = ["root", "daemon", "bin"];
    expect([...readHere(userExists, names, counting).values()]).toEqual([true, true, true]);
    expect(readFileSync(asked, "utf8")).toBe("passwd bin daemon root\n");
    const some = ["no-such-user", "daemon", "root", "nor-this-one", "bin"];
    expect([...readHere(userExists, some, counting).values()]).toEqual([false, true, true, false, true]);
    expect(readFileSync(asked, "utf8").trim().split("\n")).toHaveLength(2);
    expect([...readHere(userExists, ["no-such-user"], counting).values()]).toEqual([false]);
  });

  it("are asked for by the same script, whether one is there and what it is like", () => {
    const scriptOf = <K extends FactKey, V>({ source }: Fact<K, V>, keys: readonly K[]) =>
      "script" in source ? source.script(keys).text : "";
    const keys: UserAttribute[] = ["b", "a", "b"].map((user) => ({ user, attribute: "uid" }));
    expect(scriptOf(userAttribute, keys)).toBe(scriptOf(userExists, ["a", "b"]));
  });

  it("are found behind one that is not there, where getent knows no options and ends at the first it misses", () => {
    expect([...readHere(userExists, ["no-such-user", "root"], alpine).values()]).toEqual([false, true]);
    expect([...readHere(groupId, ["no-such-group", "root"], alpine).values()]).toEqual([undefined, 0]);
    const home: UserAttribute = { user: "root", attribute: "home" };
    const none: UserAttribute = { user: "no-such-user", attribute: "home" };
    const read = readHere(userAttribute, [none, home], alpine);
    expect([read.get(none), read.get(home)]).toEqual([undefined, "/root"]);
  });
});
