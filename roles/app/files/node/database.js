// The databases: writes go to the primary, reads to the replica. The module is Debian's package node-mysql.
const mysql = require("mysql");

const pool = (host) =>
  mysql.createPool({
    host,
    user: process.env.DB_USER,
    password: process.env.DB_PASSWORD,
    database: process.env.DB_NAME,
    charset: "utf8mb4",
    connectionLimit: 5,
    // a server whose host has lost its power answers nothing, for ever
    connectTimeout: 3000,
  });

const pools = { primary: pool(process.env.DB_PRIMARY), replica: pool(process.env.DB_REPLICA) };

/** Asks a database; the values stand for the question marks. */
function ask(name, sql, values = []) {
  return new Promise((resolve, reject) => {
    pools[name].query({ sql, timeout: 10_000 }, values, (error, rows) =>
      error ? reject(error) : resolve(rows),
    );
  });
}

/** Ends all connections, once what was asked is answered. */
const close = () => Promise.all(Object.values(pools).map((one) => new Promise((ended) => one.end(ended))));

module.exports = { ask, close };
