// Brings the database to what this release needs. It may run again: then it changes nothing.
const { ask, close } = require("./database.js");

const table = `CREATE TABLE IF NOT EXISTS notes (
  id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, text VARCHAR(200) NOT NULL,
  created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)`;

ask("primary", table).finally(close);
