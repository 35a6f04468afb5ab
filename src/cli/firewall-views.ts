/** Who may talk to whom: as a table for people, as a drawing. */
import type { Traffic } from "../base/host.ts";
import type { Style } from "../report/index.ts";

/** A row for each rule, those of one target together. */
export function trafficTable(traffic: readonly Traffic[], style: Style): string[] {
  const targets = [...new Set(traffic.map(({ to }) => to))];
  const sorted = targets.flatMap((name) => traffic.filter(({ to }) => to === name));
  const rows = sorted.map((rule) => [rule.to, rule.from.join(", "), portsOf(rule), rule.what]);
  const head = ["TO", "FROM", "BY", "FOR"];
  const widths = head.map((word, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), word.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [style("dim", line(head)), ...rows.map(line)];
}

/** A flowchart in Mermaid's language, which GitHub, GitLab and many editors draw. */
export function trafficGraph(traffic: readonly Traffic[]): string[] {
  const names = [...new Set(traffic.flatMap(({ from, to }) => [...from, to]))];
  const id = (name: string) => `n${names.indexOf(name) + 1}`;
  const nodes = names.map((name) => {
    const hosts = hostsBehind(name, traffic);
    return `  ${id(name)}["${[name, ...(hosts.length > 0 ? [hosts.join(", ")] : [])].map(label).join("<br/>")}"]`;
  });
  const edges = traffic.flatMap((rule) =>
    rule.from.map((name) => `  ${id(name)} -->|"${label(`${rule.what}: ${portsOf(rule)}`)}"| ${id(rule.to)}`),
  );
  return ["flowchart LR", ...nodes, ...edges];
}

function portsOf({ protocol, ports }: Traffic): string {
  return ports.length === 0 ? protocol : `${protocol} ${ports.join(", ")}`;
}

/** The hosts that a name of a drawing stands for, where it is another name than theirs. */
function hostsBehind(name: string, traffic: readonly Traffic[]): string[] {
  const rule = traffic.find(({ to }) => to === name);
  const alone = traffic.find(({ from }) => from.length === 1 && from[0] === name);
  const hosts = (rule?.targets ?? alone?.sources ?? []).map((host) => host.name);
  return hosts.length === 1 && hosts[0] === name ? [] : hosts;
}

/** A text within quotes of a drawing. */
function label(text: string): string {
  return text.replaceAll("&", "#amp;").replaceAll('"', "#quot;").replaceAll("<", "#lt;");
}
