/** Who may log in, as nginx reads it. */
import { createHash, scryptSync } from "node:crypto";
import { reveal, type Secret, secret } from "showrunner";

/** crypt(3)'s own digits, the lowest first. */
const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** What is expected of a password, for messages. */
export const passwordForm = "at least 8 characters";

/** Whether a password can keep anybody out: one that is empty, or soon guessed, can't. */
export const isPassword = (password: string | Secret): boolean => [...reveal(password)].length >= 8;

/** nginx hashes the password of every request anew, so it must not take long: 10 ms, 4 MiB. */
const cost = { N: 4096, r: 8, p: 1 } as const;

/**
 * The line of a login. It is made here, so that the password itself reaches no host.
 *
 * @param where what tells this login from those of the same name elsewhere: the host's name
 */
export function loginLine(user: string, password: string | Secret, where: string): Secret {
  return secret(`${user}:${scryptHash(reveal(password), saltFor(user, where))}\n`);
}

/**
 * A salt keeps two logins with one password from having one hash, and need not be secret. It is always the same for a
 * login, so that a second run changes nothing.
 */
function saltFor(user: string, where: string): string {
  return createHash("sha256").update(`status page\0${where}\0${user}`).digest("hex").slice(0, 22);
}

/** As crypt(3) of Debian writes scrypt: `$7$`, the cost, the salt, the hash. */
export function scryptHash(password: string, salt: string): string {
  const hash = scryptSync(password, salt, 32, cost);
  const head = `${digits[Math.log2(cost.N)]}${written(cost.r, 5)}${written(cost.p, 5)}`;
  const groups = Array.from({ length: Math.ceil(hash.length / 3) }, (_, index) => {
    const bytes = [...hash.subarray(index * 3, index * 3 + 3)];
    return written(
      bytes.reduce((sum, byte, place) => sum + byte * 256 ** place, 0),
      Math.ceil((bytes.length * 8) / 6),
    );
  });
  return `$7$${head}${salt}$${groups.join("")}`;
}

function written(value: number, length: number): string {
  return Array.from({ length }, (_, place) => digits[Math.floor(value / 64 ** place) % 64]).join("");
}
