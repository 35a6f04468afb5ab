/** The status page in a real browser, before a Prometheus that says what each test has it say. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, chromiumPath, type Look, startChromium } from "./status-page/chromium.ts";
import { type FakeSite, fakeSite, type Scene } from "./status-page/fake-site.ts";
import { alert, broken, changed, healthy, hostile } from "./status-page/scenes.ts";

const desktop: Look = { width: 1280, height: 900, scheme: "light" };
const phone: Look = { width: 390, height: 844, scheme: "light", isPhone: true };
/** Where pictures of the page go, for people to look at. */
const pictures = process.env["STATUS_PAGE_PICTURES"];

if (chromiumPath === undefined)
  process.stderr.write(
    "!!! SKIPPED: the status page was shown by no browser: this machine has no Chromium.\n",
  );

describe.skipIf(chromiumPath === undefined)("the status page", () => {
  let browser: Browser;
  let site: FakeSite;
  beforeAll(async () => {
    [browser, site] = await Promise.all([startChromium(chromiumPath ?? ""), fakeSite()]);
  });
  afterAll(async () => {
    site?.close();
    await browser?.close();
  });

  const text = async (selector: string) =>
    String(await browser.tab.value(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ""`));
  const until = async (what: string) => {
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await browser.tab.value(what).catch(() => false)) === true) return;
      await sleep(50);
    }
    throw new Error(`the page never came to ${what}: ${await text("body")}`);
  };
  const show = async (scene: Scene, look: Look, name?: string) => {
    site.scene = scene;
    await browser.tab.open(site.url, look);
    await until(
      `(document.querySelector(".chart") && document.querySelector("#main").hidden === false) || document.querySelector("#notice")?.hidden === false`,
    );
    if (name === undefined || pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    writeFileSync(join(pictures, `${name}.png`), await browser.tab.picture());
  };
  /** The page asks at once when its reader comes back to it. */
  const askAgain = () => browser.tab.value(`document.dispatchEvent(new Event("visibilitychange"))`);
  const noComplaints = () => expect(browser.tab.complaints).toEqual([]);

  it("shows a site that is well", async () => {
    await show({ figures: healthy }, desktop, "healthy-light");
    expect(await text("#verdict")).toBe("All is well");
    const drawing = await text("#drawing");
    for (const word of [
      "Visitors",
      "10.77.0.10",
      "held by lb1",
      "lb1",
      "web2",
      "db1",
      "primary",
      "up to date",
      "mon1",
    ])
      expect(drawing).toContain(word);
    expect(await text("#pool")).toMatch(/web1\s+up\s+up/);
    expect(await text("#replication")).toContain("from db1");
    expect(await text("#certificates")).toMatch(/10.77.0.10\s+address at .*\s+81 days left/);
    expect(await text("#alerts")).toBe("No alert fires.");
    expect(await text("#charts")).toContain("Requests");
    expect(await browser.tab.value(`document.querySelectorAll(".wire").length`)).toBe(14);
    expect(await browser.tab.value("document.title")).toBe("site.example: All is well");
    expect(await text("#notice")).toBe("");
    noComplaints();
  });

  it("asks this server alone, and only what its nginx lets through", async () => {
    site.asked.length = 0;
    await show({ figures: healthy }, desktop);
    const paths = new Set(site.asked.map((one) => one.split("?")[0]));
    for (const path of paths)
      expect(path).toMatch(/^\/($|[a-z-]+\.(css|js|json|svg)$|api\/v1\/query(_range)?$)/);
    expect(site.asked.filter((one) => one.startsWith("/api/")).length).toBeLessThan(10);
  });

  it("shows what is broken, in words as well as in colours", async () => {
    await show({ figures: broken }, desktop, "broken-light");
    const verdict = await text("#verdict");
    expect(verdict).toContain("The site serves, with 2 problems");
    expect(verdict).toContain("lb1: does not answer");
    expect(await text("#alerts")).toMatch(/Replication stopped\s+db2/);
    expect(await text("#alerts")).toContain("critical");
    expect(await text("#pool")).toMatch(/web2\s+no figures\s+drain/);
    const words = await browser.tab.value(
      `[...document.querySelectorAll("#drawing .sign")].map((one) => one.getAttribute("aria-label")).join()`,
    );
    expect(words).toContain("broken");
    noComplaints();
  });

  it.each([
    ["healthy", healthy],
    ["broken", broken],
    ["hostile", hostile],
  ])("fits a phone's width (%s)", async (name, figures) => {
    await show({ figures }, phone, `${name}-phone`);
    const widths = await browser.tab.value(
      "[document.documentElement.scrollWidth, innerWidth, visualViewport.width]",
    );
    expect(widths).toEqual([390, 390, 390]);
    noComplaints();
  });

  it("is dark where the reader wants it dark, with text that can be read", async () => {
    for (const scheme of ["light", "dark"] as const) {
      await show({ figures: broken }, { ...desktop, scheme }, scheme === "dark" ? "broken-dark" : undefined);
      const background = await browser.tab.value("getComputedStyle(document.body).backgroundColor");
      expect(background).toBe(scheme === "dark" ? "rgb(14, 18, 23)" : "rgb(244, 246, 248)");
      expect(await browser.tab.value(lowContrast)).toEqual([]);
    }
    await show({ figures: healthy }, { ...phone, scheme: "dark" }, "healthy-phone-dark");
    await show({ figures: healthy }, { ...desktop, scheme: "dark" }, "healthy-dark");
  });

  it("says that Prometheus is away, keeps what it knew, and does not pass that off as of now", async () => {
    await show({ figures: healthy }, desktop);
    site.scene = { figures: healthy, status: 502 };
    await askAgain();
    await until(`document.querySelector("#notice")?.hidden === false`);
    expect(await text("#notice")).toMatch(
      /Prometheus does not answer \(status 502\)\. What stands here is of \d/,
    );
    expect(await text("#drawing")).toContain("lb1");
    expect(await browser.tab.value(`getComputedStyle(document.querySelector("#verdict")).filter`)).toBe(
      "grayscale(1)",
    );
    if (pictures !== undefined) writeFileSync(join(pictures, "away.png"), await browser.tab.picture());
    site.scene = { figures: broken };
    await askAgain();
    await until(`document.querySelector("#notice")?.hidden === true`);
    expect(await text("#verdict")).toContain("2 problems");
  });

  it.each([
    [{ figures: [], status: 502 }, "Prometheus does not answer (status 502)."],
    [
      { figures: [], status: 401 },
      "The monitoring host does not accept the login any more. Load the page again.",
    ],
    [
      { figures: healthy, age: 240 },
      "Prometheus answers, but has read no host for 4 min. What stands here is old.",
    ],
    [{ figures: [] }, "Prometheus has no figures of any host."],
  ] satisfies [Scene, string][])("tells what is wrong with the figures (%#)", async (scene, notice) => {
    await show(scene, desktop);
    await until(`document.querySelector("#notice").hidden === false`);
    expect(await text("#notice")).toBe(notice);
    noComplaints();
  });

  it("takes nothing that a host says for HTML", async () => {
    await show({ figures: hostile }, desktop, "hostile-light");
    expect(await browser.tab.value("document.title")).not.toContain("taken");
    expect(
      await browser.tab.value(`document.querySelectorAll("main img, main script, header img").length`),
    ).toBe(0);
    expect(await text("#alerts")).toContain("<img src=x onerror=");
    expect(await text("#alerts")).toContain("and 172 more");
    noComplaints();
  });

  it("puts nothing anew that is the same", async () => {
    await show({ figures: healthy }, desktop);
    await browser.tab.value(
      `document.querySelector("#drawing").marked = document.querySelector(".box"), true`,
    );
    site.asked.length = 0;
    await askAgain();
    while (!site.asked.some((one) => one.includes("timestamp"))) await sleep(20);
    await sleep(300);
    // the site may have changed since the page was opened
    expect(site.asked).toContain("/site.json");
    expect(await browser.tab.value(`document.querySelector("#drawing").marked.isConnected`)).toBe(true);
    site.scene = { figures: changed(healthy, () => false, alert("Late", "warning")) };
    await askAgain();
    await until(`document.querySelector("#alerts").innerText.includes("Late")`);
  });
});

/** Texts whose contrast with what is behind them is under 4.5, by the formula of the WCAG. */
const lowContrast = `(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parse(getComputedStyle(one).backgroundColor);
      if (colour.length === 3) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || element.closest("svg, noscript") || element.getClientRects().length === 0) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < 4.5) low.push(element.className + " " + element.innerText.slice(0, 40) + " " + contrast.toFixed(2));
  }
  return low;
})()`;
