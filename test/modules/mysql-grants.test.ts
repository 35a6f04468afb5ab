/** Privileges: as the server shows them, as users write them, and the way from one to the other. */
import { describe, expect, it } from "vitest";
import { parseGrants } from "../../src/facts/mysql/grants.ts";
import { sql } from "../../src/facts/mysql/sql.ts";
import { parsePrivileges, privilegeDifferences } from "../../src/modules/mysql/privileges.ts";

describe("SHOW GRANTS", () => {
  it.each([
    ["GRANT USAGE ON *.* TO `a`@`%` IDENTIFIED BY PASSWORD '*12'", {}],
    ["GRANT SELECT, INSERT ON `site`.* TO `a`@`%`", { "`site`.*": ["INSERT", "SELECT"] }],
    [
      "GRANT ALL PRIVILEGES ON *.* TO `r`@`h` IDENTIFIED VIA mysql_native_password USING 'x' OR unix_socket WITH GRANT OPTION",
      { "*.*": ["ALL PRIVILEGES", "GRANT OPTION"] },
    ],
    ["GRANT SELECT ON `x`.* TO `a`@`%` WITH GRANT OPTION", { "`x`.*": ["GRANT OPTION", "SELECT"] }],
    [
      "GRANT USAGE ON *.* TO `a`@`%` REQUIRE SSL WITH GRANT OPTION MAX_USER_CONNECTIONS 5",
      { "*.*": ["GRANT OPTION"] },
    ],
    [
      "GRANT SELECT (`a`, `b, c`), INSERT, CREATE VIEW ON `d`.`t` TO `a`@`%`",
      { "`d`.`t`": ["CREATE VIEW", "INSERT", "SELECT (`a`)", "SELECT (`b, c`)"] },
    ],
    ["GRANT EXECUTE ON PROCEDURE `d`.`p` TO `a`@`%`", { "PROCEDURE `d`.`p`": ["EXECUTE"] }],
    ["GRANT SELECT ON `od``d ON x TO y`.* TO `a`@`%`", { "`od``d ON x TO y`.*": ["SELECT"] }],
    [
      "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO `a`@`%`",
      { "*.*": ["BINLOG MONITOR", "REPLICATION SLAVE"] },
    ],
    ["GRANT `reader` TO `a`@`%`", {}],
    ["GRANT PROXY ON ``@`%` TO `root`@`localhost` WITH GRANT OPTION", {}],
    ["SET DEFAULT ROLE `reader` FOR `a`@`%`", {}],
    ["GRANT USAGE ON *.* TO ` WITH GRANT OPTION`@`%`", {}],
  ])("reads %s", (line, expected) => {
    expect(parseGrants([line])).toEqual(expected);
  });
});

describe("privileges as written", () => {
  it.each([
    [{ "site.*": ["select", "INSERT", "SELECT"] }, { "`site`.*": ["INSERT", "SELECT"] }],
    [{ "my_app.*": ["ALL"] }, { "`my\\_app`.*": ["ALL PRIVILEGES"] }],
    [{ "tenant_%.*": ["SELECT"] }, { "`tenant\\_%`.*": ["SELECT"] }],
    [{ "my_app.t": ["SELECT"] }, { "`my_app`.`t`": ["SELECT"] }],
    [{ "`odd.name`.`t``x`": ["SELECT"] }, { "`odd.name`.`t``x`": ["SELECT"] }],
    [
      { "*.*": ["REPLICATION CLIENT", "replication   slave"] },
      { "*.*": ["BINLOG MONITOR", "REPLICATION SLAVE"] },
    ],
    [{ "site.*": ["ALL PRIVILEGES", "SELECT", "GRANT"] }, { "`site`.*": ["ALL PRIVILEGES", "GRANT OPTION"] }],
    [{ "a.t": ["UPDATE(x, y)"] }, { "`a`.`t`": ["UPDATE (`x`)", "UPDATE (`y`)"] }],
    [{ "Function a.f": ["EXECUTE"] }, { "FUNCTION `a`.`f`": ["EXECUTE"] }],
    [{ "site.*": ["USAGE"], "x.*": [] }, {}],
    [{ "procedure Shop.TidyUp": ["EXECUTE"] }, { "PROCEDURE `Shop`.`tidyup`": ["EXECUTE"] }],
    [
      { "Shop.Orders": ["SELECT (Id, id)", "INSERT (ID)"] },
      { "`Shop`.`Orders`": ["INSERT (`Id`)", "SELECT (`Id`)"] },
    ],
  ])("are read: %j", (given, expected) => {
    expect(parsePrivileges(given)).toEqual(expected);
  });

  it("are read for a server that keeps names in small letters", () => {
    expect(
      parsePrivileges({ "Shop_%.*": ["SELECT"], "Shop.Orders": ["SELECT (Id)"], "*.*": ["PROCESS"] }, true),
    ).toEqual({
      "`shop\\_%`.*": ["SELECT"],
      "`shop`.`orders`": ["SELECT (`Id`)"],
      "*.*": ["PROCESS"],
    });
  });

  it.each([
    [{ site: ["SELECT"] }, '"site" names no object'],
    [{ "*.t": ["SELECT"] }, "names no object"],
    [{ "a.b.c": ["SELECT"] }, "names no object"],
    [{ "procedure a.*": ["EXECUTE"] }, "names no object"],
    [{ "a.*": ["SELECT; DROP"] }, "names no privilege"],
    [{ "a.*": ["SELECT ()"] }, "names no privilege"],
  ])("are refused: %j", (given, problem) => {
    expect(() => parsePrivileges(given)).toThrow(problem);
  });
});

describe("the way from one to the other", () => {
  it.each([
    { now: {}, wanted: { "*.*": ["PROCESS"] }, expected: ["GRANT PROCESS ON *.* TO 'u'@'h'"] },
    {
      now: { "`a`.*": ["SELECT"] },
      wanted: { "`b`.*": ["SELECT"] },
      expected: ["REVOKE SELECT ON `a`.* FROM 'u'@'h'", "GRANT SELECT ON `b`.* TO 'u'@'h'"],
    },
    { now: { "`a`.*": ["SELECT"] }, wanted: {}, keep: true, expected: [] },
    {
      now: { "`a`.*": ["DELETE", "SELECT"] },
      wanted: { "`a`.*": ["INSERT", "SELECT"] },
      expected: ["GRANT INSERT ON `a`.* TO 'u'@'h'", "REVOKE DELETE ON `a`.* FROM 'u'@'h'"],
    },
    {
      now: { "`a`.*": ["ALL PRIVILEGES", "GRANT OPTION"] },
      wanted: { "`a`.*": ["SELECT"] },
      expected: [
        "REVOKE ALL PRIVILEGES ON `a`.* FROM 'u'@'h'",
        "GRANT SELECT ON `a`.* TO 'u'@'h'",
        "REVOKE GRANT OPTION ON `a`.* FROM 'u'@'h'",
      ],
    },
    {
      now: { "`a`.*": ["SELECT"] },
      wanted: { "`a`.*": ["ALL PRIVILEGES", "GRANT OPTION"] },
      expected: [
        "GRANT ALL PRIVILEGES ON `a`.* TO 'u'@'h'",
        "GRANT USAGE ON `a`.* TO 'u'@'h' WITH GRANT OPTION",
      ],
    },
    { now: { "`a`.*": ["ALL PRIVILEGES"] }, wanted: { "`a`.*": ["SELECT"] }, keep: true, expected: [] },
    {
      now: { "`a`.`t`": ["SELECT (`x`)"] },
      wanted: { "`a`.`t`": ["SELECT (`y`)"] },
      expected: ["GRANT SELECT (`y`) ON `a`.`t` TO 'u'@'h'", "REVOKE SELECT (`x`) ON `a`.`t` FROM 'u'@'h'"],
    },
    // in other letters it is the same column, and only the server's spelling can be revoked
    { now: { "`a`.`t`": ["SELECT (`Id`)"] }, wanted: { "`a`.`t`": ["SELECT (`ID`)"] }, expected: [] },
    {
      now: { "`a`.`t`": ["SELECT (`Id`)", "SELECT (`Title`)"] },
      wanted: { "`a`.`t`": ["INSERT (`title`)", "SELECT (`title`)"] },
      expected: [
        "GRANT INSERT (`Title`) ON `a`.`t` TO 'u'@'h'",
        "REVOKE SELECT (`Id`) ON `a`.`t` FROM 'u'@'h'",
      ],
    },
    {
      now: { "PROCEDURE `a`.`p``q`": ["EXECUTE"] },
      wanted: {},
      expected: ["REVOKE EXECUTE ON PROCEDURE `a`.`p``q` FROM 'u'@'h'"],
    },
  ])("is $expected", ({ now, wanted, keep = false, expected }) => {
    const differences = privilegeDifferences(sql`${"u"}@${"h"}`, now, wanted, keep);
    expect(differences.flatMap(({ statements }) => statements.map(({ text }) => text))).toEqual(expected);
  });
});
