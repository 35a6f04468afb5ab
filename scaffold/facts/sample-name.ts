import { defineFact, sh } from "showrunner";

/** The first line of a file, by the file's absolute path; undefined where there is no such file. */
export const sampleNameText = defineFact<string, string | undefined>({
  name: "sampleName.text",
  // it is read again when a task writes one of these files
  restsOn: (path) => [path],
  // one script reads all paths at once, and changes nothing; `sh` quotes what is interpolated
  script: (paths) => sh`for path in ${paths}; do
  if [ -f "$path" ]; then printf '=%s\\n' "$(head -n 1 -- "$path")"; else echo; fi
done`,
  parse(stdout, paths) {
    const lines = stdout.toString().split("\n");
    return new Map(
      paths.map((path, index) => {
        const line = lines[index] ?? "";
        return [path, line.startsWith("=") ? line.slice(1) : undefined];
      }),
    );
  },
});
