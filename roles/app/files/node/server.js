// A guest book: writes to the primary database, reads from the replica.
const http = require("node:http");
const os = require("node:os");
const { ask, close } = require("./database.js");

const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const asText = (text) => text.replace(/[&<>"']/g, (character) => escapes[character]);

const page = (notes) => `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Guest book</title>
  <link rel="stylesheet" href="/static/site.css">
</head>
<body>
  <main>
    <h1>Guest book</h1>
    <form method="post" action="/notes">
      <input name="text" maxlength="200" required placeholder="Write something" aria-label="Your note">
      <button type="submit">Sign</button>
    </form>
    <ol>
    ${notes.map((note) => `<li>${asText(note)}</li>`).join("\n    ") || '<li class="none">Nobody has signed yet.</li>'}
    </ol>
    <footer>served by ${asText(os.hostname())}</footer>
  </main>
</body>
</html>
`;

const routes = {
  "GET /": async (_, answer) => {
    const rows = await ask("replica", "SELECT text FROM notes ORDER BY id DESC LIMIT 50");
    answer(200, page(rows.map(({ text }) => text)), { "Content-Type": "text/html; charset=utf-8" });
  },
  "POST /notes": async (request, answer) => {
    const form = await bodyOf(request);
    if (form === undefined) return answer(413, "too long\n");
    const text = new URLSearchParams(form).get("text") ?? "";
    await ask("primary", "INSERT INTO notes (text) VALUES (?)", [text.slice(0, 200)]);
    answer(303, "", { Location: "/" });
  },
  "GET /healthz": async (_, answer) => {
    await ask("replica", "SELECT 1 FROM notes LIMIT 1");
    answer(200, "ok\n");
  },
};

async function bodyOf(request) {
  let body = "";
  for await (const piece of request.setEncoding("utf8")) {
    body += piece;
    if (body.length > 65_536) return undefined;
  }
  return body;
}

const server = http.createServer(async (request, response) => {
  const answer = (status, body, headers = { "Content-Type": "text/plain; charset=utf-8" }) =>
    response.writeHead(status, headers).end(body);
  const [path] = request.url.split("?", 1);
  const route = routes[`${request.method} ${path}`];
  try {
    await (route ? route(request, answer) : answer(404, "not found\n"));
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    if (!response.headersSent) answer(500, "something went wrong\n");
  }
});

// systemd passes on the socket on which it listens as file descriptor 3
server.listen(process.env.LISTEN_FDS ? { fd: 3 } : { port: Number(process.env.PORT ?? 8000) });

// what was begun is answered; connections that wait for another request are closed
process.on("SIGTERM", () => {
  server.close(close);
  server.closeIdleConnections();
});
