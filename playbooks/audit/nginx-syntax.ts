/** Reads Nginx's configuration: directives, some of them with further ones in a block. */

/** A directive with its words, and what stands in its block. */
export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  readonly block: readonly Directive[];
}

/** A comment, a text in quotes, a sign, or a word. */
const token = /#[^\n]*|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|[;{}]|(?:\\[\s\S]|\$\{|[^\s;{}\\])+/g;

/** The directives of a text. What is cut off in the middle is as if it ended there. */
export function directivesIn(text: string): Directive[] {
  const top: Directive[] = [];
  const open = [top];
  let words: string[] = [];
  for (const [found] of text.matchAll(token)) {
    if (found.startsWith("#")) continue;
    if (found === ";" || found === "{") {
      const [name = "", ...more] = words;
      const block: Directive[] = [];
      if (words.length > 0) open.at(-1)?.push({ name, words: more, block });
      if (found === "{") open.push(block);
      words = [];
    } else if (found === "}") {
      words = [];
      if (open.length > 1) open.pop();
    } else words.push(/^["']/.test(found) ? found.slice(1, -1) : found);
  }
  return top;
}

/** Blocks in blocks, and files that include others: Nginx's own limit is not far from that. */
const deepest = 10;
/** A file may include another one many times, and that one a third. */
const mostDirectives = 20_000;

/**
 * The directives with those of the files in place of each `include`.
 *
 * @param files the directives of each file, by its path
 * @throws Error where there are more than Nginx's files ever have
 */
export function withIncludes(
  directives: readonly Directive[],
  files: ReadonlyMap<string, readonly Directive[]>,
): Directive[] {
  let count = 0;
  const expanded = (some: readonly Directive[], depth: number): Directive[] => {
    if (depth > deepest) return [];
    return some.flatMap((one) => {
      count += 1;
      if (count > mostDirectives) throw new Error(`Nginx has more than ${mostDirectives} directives`);
      const [path] = one.words;
      if (one.name !== "include" || path === undefined)
        return [{ ...one, block: expanded(one.block, depth + 1) }];
      const wanted = path.startsWith("/") ? path : `/etc/nginx/${path}`;
      return [...files]
        .filter(([name]) => isMatch(wanted, name))
        .flatMap(([, more]) => expanded(more, depth + 1));
    });
  };
  return expanded(directives, 0);
}

/** Whether a name is one of those that a pattern with `*` and `?` means: no star stands for a slash. */
function isMatch(pattern: string, name: string): boolean {
  let [at, from] = [0, 0];
  let star: { readonly at: number; from: number } | undefined;
  while (from < name.length) {
    const sign = pattern[at];
    if (sign === "*") {
      star = { at, from };
      at += 1;
    } else if (sign === name[from] || (sign === "?" && name[from] !== "/")) {
      at += 1;
      from += 1;
    } else if (star && name[star.from] !== "/") {
      star.from += 1;
      at = star.at + 1;
      from = star.from;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
