/** Chromium without a screen, told what to do by its debugging pipe. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Where it is; undefined where the machine has none. */
export const chromiumPath: string | undefined = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find(existsSync);

export interface Look {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
  readonly isPhone?: boolean;
}

export interface Tab {
  open(url: string, look: Look): Promise<void>;
  /** The value of a JavaScript expression in the page. */
  value(expression: string): Promise<unknown>;
  /** A picture of the whole page. */
  picture(): Promise<Buffer>;
  /** Errors, and what the Content-Security-Policy has refused, since the page was opened. */
  readonly complaints: readonly string[];
}

export interface Browser {
  readonly tab: Tab;
  close(): Promise<void>;
}

/** What comes through the pipe: an answer, or an event. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

export async function startChromium(path: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
  ];
  const child = spawn(
    path,
    [...flags, "--remote-debugging-pipe", `--user-data-dir=${profile}`, "about:blank"],
    {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
      detached: true,
    },
  );
  const ended = new Promise<void>((done) => {
    child.on("exit", () => done());
  });
  const [, , , toChild, fromChild] = child.stdio;
  const send = talk(toChild as Writable, fromChild as Readable);
  const { targetInfos } = await send.ask("Target.getTargets", {});
  const [target] = (targetInfos as { targetId: string; type: string }[]).filter(
    ({ type }) => type === "page",
  );
  const { sessionId } = await send.ask("Target.attachToTarget", {
    targetId: target?.targetId,
    flatten: true,
  });
  const session = String(sessionId);
  const complaints: string[] = [];
  send.onEvent = ({ method, params }) => {
    if (method === "Runtime.exceptionThrown") complaints.push(JSON.stringify(params?.["exceptionDetails"]));
    if (method === "Log.entryAdded") {
      const entry = params?.["entry"] as { source: string; level: string; text: string };
      // that Prometheus is away is what some tests are about
      if (entry.level === "error" && entry.source !== "network") complaints.push(entry.text);
    }
  };
  for (const domain of ["Page", "Runtime", "Log"]) await send.ask(`${domain}.enable`, {}, session);
  const value = async (expression: string) => {
    const answer = await send.ask(
      "Runtime.evaluate",
      { expression, returnByValue: true, awaitPromise: true },
      session,
    );
    if (answer["exceptionDetails"])
      throw new Error(`${expression}: ${JSON.stringify(answer["exceptionDetails"])}`);
    return (answer["result"] as { value?: unknown }).value;
  };
  const tab: Tab = {
    complaints,
    value,
    async open(url, { width, height, scheme, isPhone = false }) {
      complaints.length = 0;
      const metrics = { width, height, deviceScaleFactor: isPhone ? 2 : 1, mobile: isPhone };
      await send.ask("Emulation.setDeviceMetricsOverride", metrics, session);
      const features = [{ name: "prefers-color-scheme", value: scheme }];
      await send.ask("Emulation.setEmulatedMedia", { features }, session);
      await send.ask("Page.navigate", { url }, session);
    },
    async picture() {
      const { cssContentSize } = await send.ask("Page.getLayoutMetrics", {}, session);
      const options = {
        format: "png",
        captureBeyondViewport: true,
        clip: { ...Object(cssContentSize), scale: 1 },
      };
      const { data } = await send.ask("Page.captureScreenshot", options, session);
      return Buffer.from(String(data), "base64");
    },
  };
  return {
    tab,
    async close() {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

/** Messages through the pipe are JSON, each with a NUL behind it. */
function talk(to: Writable, from: Readable) {
  const waiting = new Map<number, (message: Message) => void>();
  let last = 0;
  let rest = "";
  const talking = {
    onEvent: (_: Message): void => undefined,
    async ask(method: string, params: unknown, sessionId?: string): Promise<Record<string, unknown>> {
      last += 1;
      const id = last;
      const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      const { result, error } = await answer;
      if (error) throw new Error(`${method}: ${error.message}`);
      return result ?? {};
    },
  };
  from.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() ?? "";
    for (const one of messages) {
      const message: Message = JSON.parse(one);
      if (message.id === undefined) talking.onEvent(message);
      else waiting.get(message.id)?.(message);
    }
  });
  return talking;
}
