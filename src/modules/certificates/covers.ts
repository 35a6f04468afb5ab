/** Which names a certificate is good for, as RFC 6125 has it. */

/**
 * Whether a name of a certificate covers one that is asked for.
 *
 * @param name as a certificate says it: `DNS:*.example.org`
 * @param asked in the same form: `DNS:shop.example.org`
 */
export function covers(name: string, asked: string): boolean {
  if (name === asked) return true;
  // an asterisk stands for one label, the first
  return (
    name.startsWith("DNS:*.") && asked.startsWith("DNS:") && asked.slice(asked.indexOf(".")) === name.slice(5)
  );
}
