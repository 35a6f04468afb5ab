/** The dashboard for Grafana asks for what the site's exporters tell, of the source that the role makes. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly datasource: { readonly uid: string }; readonly expr: string }[];
}

const role = resolve(import.meta.dirname, "../../roles/grafanaFiles");
const { panels }: { readonly panels: readonly Panel[] } = JSON.parse(
  readFileSync(`${role}/files/site.json`, "utf8"),
);

it("asks the source that the role makes", () => {
  const [, uid] = /uid: (\S+)/.exec(readFileSync(`${role}/templates/datasource.yaml.ejs`, "utf8")) ?? [];
  const asked = panels.flatMap(({ datasource, targets }) => [
    datasource,
    ...targets.map((one) => one.datasource),
  ]);
  expect(new Set(asked.map((one) => one.uid))).toEqual(new Set([uid]));
});

it("has no two panels in one place, or with one id", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  for (const [index, { title, gridPos: one }] of panels.entries()) {
    expect(one.x + one.w, title).toBeLessThanOrEqual(24);
    for (const { title: other, gridPos: two } of panels.slice(0, index)) {
      const isApart =
        one.x >= two.x + two.w || two.x >= one.x + one.w || one.y >= two.y + two.h || two.y >= one.y + one.h;
      expect(isApart, `${title} and ${other}`).toBe(true);
    }
  }
});

it("leaves out what balancers ask each other", () => {
  const ofProxies = panels.flatMap(({ targets }) => targets).filter(({ expr }) => expr.includes("haproxy_"));
  for (const { expr } of ofProxies) expect(expr).toMatch(/proxy!(=|~)"challenges/);
});

it("asks questions whose brackets close", () => {
  for (const { expr } of panels.flatMap(({ targets }) => targets))
    for (const [open, close] of ["()", "{}", "[]"].map((pair) => [...pair]))
      expect(expr.split(open ?? "").length, expr).toBe(expr.split(close ?? "").length);
});
