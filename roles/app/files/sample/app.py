"""A guest book: writes to the primary database, reads from the replica."""
import os
import socket
import time

import pymysql
from flask import Flask, redirect, render_template_string, request

app = Flask(__name__)

PAGE = """<!doctype html>
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
      <button>Sign</button>
    </form>
    <ol>
    {% for note in notes %}<li>{{ note }}</li>
    {% else %}<li class="none">Nobody has signed yet.</li>
    {% endfor %}</ol>
    <footer>served by {{ host }}</footer>
  </main>
</body>
</html>
"""


# seconds until a replica that did not answer is asked again
PAUSE = 10
away_until = 0.0


def connect(host, timeout=3):
    return pymysql.connect(
        host=host,
        user=os.environ["DB_USER"],
        password=os.environ["DB_PASSWORD"],
        database=os.environ["DB_NAME"],
        charset="utf8mb4",
        # a server whose host has lost its power answers nothing, for ever
        connect_timeout=timeout,
        read_timeout=10,
        write_timeout=10,
        autocommit=True,
    )


def primary():
    return connect(os.environ["DB_PRIMARY"])


def replica():
    """Answers reads; while it is away, the primary does."""
    global away_until
    if time.monotonic() >= away_until:
        try:
            # health checks wait for a second
            return connect(os.environ["DB_REPLICA"], timeout=0.5)
        except pymysql.OperationalError as error:
            app.logger.warning("the replica does not answer, so the primary is read: %s", error)
            away_until = time.monotonic() + PAUSE
    return primary()


def create_table():
    with primary() as database, database.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS notes ("
            "id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, text VARCHAR(200) NOT NULL,"
            "created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        )


@app.get("/")
def index():
    with replica() as database, database.cursor() as cursor:
        cursor.execute("SELECT text FROM notes ORDER BY id DESC LIMIT 50")
        notes = [text for (text,) in cursor.fetchall()]
    return render_template_string(PAGE, notes=notes, host=socket.gethostname())


@app.post("/notes")
def add():
    with primary() as database, database.cursor() as cursor:
        cursor.execute("INSERT INTO notes (text) VALUES (%s)", (request.form["text"][:200],))
    return redirect("/", code=303)


@app.get("/healthz")
def health():
    with replica() as database, database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM notes LIMIT 1")
    return "ok\n", 200, {"Content-Type": "text/plain"}


create_table()
