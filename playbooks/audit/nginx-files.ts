/** Nginx's configuration, as its files have it. */
import { defineFact, rawScript } from "showrunner";
import { type Directive, directivesIn, withIncludes } from "./nginx-syntax.ts";

/**
 * The whole configuration, with what its files include; undefined where there is no Nginx. Its one key is `""`. (Nginx itself
 * is not asked: that opens the files of its logs and of its process number.)
 */
export const nginxConfiguration = defineFact<string, readonly Directive[] | undefined>({
  name: "audit.nginx",
  script: () =>
    rawScript(`[ -x /usr/sbin/nginx ] || exit 0
cd /etc/nginx || exit
for path in nginx.conf conf.d/*.conf sites-enabled/* snippets/*; do
  if [ -f "$path" ]; then printf '\\036/etc/nginx/%s\\n' "$path"; cat "$path" || exit; fi
done`),
  parse(stdout, keys) {
    const files = new Map(
      stdout
        .toString()
        .split("\x1e")
        .slice(1)
        .map((text): [string, readonly Directive[]] => {
          const end = text.indexOf("\n");
          return [text.slice(0, end), directivesIn(text.slice(end + 1))];
        }),
    );
    const main = files.get("/etc/nginx/nginx.conf");
    const all = main && withIncludes(main, files);
    return new Map(keys.map((key) => [key, all]));
  },
});
