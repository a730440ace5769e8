import type { Need } from "../job.ts";
import { formatDuration } from "../units.ts";
import type { Style } from "./looks.ts";

interface Node {
  name: string;
  enabled: boolean;
  needs: readonly Need[];
  neededBy: readonly string[];
}

/** A tree from what needs nothing to what needs it: each job runs after the one that it is indented under. */
export function renderGraph(nodes: readonly Node[], { dim }: Style): string {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const shown = new Set<string>();
  const lines: string[] = [];
  const print = (node: Node, above: { name: string; lead: string; isLast: boolean } | undefined): void => {
    const branch = above ? `${above.lead}${above.isLast ? "└─ " : "├─ "}` : "";
    const again = shown.has(node.name) && node.neededBy.length > 0;
    lines.push(`${branch}${node.name}${dim(remarks(node, above?.name, again))}`);
    if (again) return;
    shown.add(node.name);
    const lead = above ? `${above.lead}${above.isLast ? "   " : "│  "}` : "";
    for (const [index, name] of node.neededBy.entries()) {
      const next = byName.get(name);
      if (next) print(next, { name: node.name, lead, isLast: index === node.neededBy.length - 1 });
    }
  };
  for (const node of nodes) if (node.needs.length === 0) print(node, undefined);
  return lines.map((line) => `${line}\n`).join("");
}

function remarks({ enabled, needs }: Node, above: string | undefined, again: boolean): string {
  const need = needs.find(({ job }) => job === above);
  const others = above === undefined ? [] : needs.filter(({ job }) => job !== above).map(({ job }) => job);
  const parts = [
    need && limits(need),
    others.length > 0 && `also needs ${others.join(", ")}`,
    !enabled && "disabled",
    again && "see above",
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? "" : `  (${parts.join("; ")})`;
}

const limits = ({ within, wait }: Need): string => `within ${formatDuration(within)}${wait > 0 ? `, waits ${formatDuration(wait)}` : ""}`;

/** A flowchart (https://mermaid.js.org/syntax/flowchart.html). A job may be called `end`, which is a word of Mermaid's own, so jobs are numbered there. */
export function renderMermaid(nodes: readonly Node[]): string {
  const ids = new Map(nodes.map(({ name }, index) => [name, `j${index}`]));
  return [
    "flowchart LR",
    ...nodes.map(({ name, enabled }) => `  ${ids.get(name)}["${name}${enabled ? "" : " (disabled)"}"]`),
    ...nodes.flatMap(({ name, needs }) => needs.map((need) => `  ${ids.get(need.job)} -->|"${limits(need)}"| ${ids.get(name)}`)),
  ]
    .map((line) => `${line}\n`)
    .join("");
}
