/** TypeScript's language service, as an editor talks to it. */
import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dirname, "../..");

export interface LanguageService {
  /** What an editor shows over each of these places of the text, as `line:column` from 0. */
  hover(line: number, character: number): Promise<string>;
  /** The compiler's messages, each with its line, from 0. */
  mistakes(): Promise<{ readonly line: number; readonly message: string }[]>;
  close(): void;
}

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

/** Opens a file of this folder that need not exist, with this text. */
export async function languageService(text: string): Promise<LanguageService> {
  const server = spawn(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "--lsp", "--stdio"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  const waiting = new Map<number, (result: unknown) => void>();
  const send = (message: object) => {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  const ask = (method: string, params: object) =>
    new Promise<unknown>((answer) => {
      const id = waiting.size + 1;
      waiting.set(id, answer);
      send({ id, method, params });
    });
  let received = Buffer.alloc(0);
  server.stdout.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (let next = takeMessage(); next; next = takeMessage()) {
      // what the server asks in turn (settings, progress) needs no more than an answer
      if (next.method !== undefined && next.id !== undefined) send({ id: next.id, result: null });
      else if (next.id !== undefined) waiting.get(next.id)?.(next.result);
    }
  });
  const takeMessage = (): Answer | undefined => {
    const head = received.indexOf("\r\n\r\n");
    const length = Number(
      /Content-Length: (\d+)/i.exec(received.subarray(0, Math.max(head, 0)).toString())?.[1],
    );
    if (head === -1 || received.length < head + 4 + length) return undefined;
    const body = received.subarray(head + 4, head + 4 + length).toString();
    received = received.subarray(head + 4 + length);
    return JSON.parse(body);
  };
  const uri = pathToFileURL(join(import.meta.dirname, "opened-in-an-editor.ts")).href;
  const textDocument = { uri };
  const hover = { contentFormat: ["markdown"] };
  await ask("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(root).href,
    capabilities: { textDocument: { hover, diagnostic: {} } },
  });
  send({ method: "initialized", params: {} });
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "typescript", version: 1, text } },
  });
  return {
    async hover(line, character) {
      const shown = await ask("textDocument/hover", { textDocument, position: { line, character } });
      return isHover(shown) ? shown.contents.value : "";
    },
    async mistakes() {
      const report = await ask("textDocument/diagnostic", { textDocument });
      const items = isReport(report) ? report.items : [];
      return items.map(({ range, message }) => ({ line: range.start.line, message }));
    },
    close: () => server.kill(),
  };
}

interface Report {
  readonly items: readonly {
    readonly range: { readonly start: { readonly line: number } };
    readonly message: string;
  }[];
}

function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && "items" in value;
}

function isHover(value: unknown): value is { readonly contents: { readonly value: string } } {
  return typeof value === "object" && value !== null && "contents" in value;
}
