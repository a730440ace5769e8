import type { Machine } from "./machine.ts";
import { type Row, verdict } from "./rows.ts";

/** What stands over the columns that mean something else in another bench. */
export interface Legend {
  x: string;
  note: string;
}

const STARTS: Legend = { x: "x = times `node -e 0` of the same Node, called right before and after.", note: "median of a call" };

/** The table for people, also for the README: Markdown. */
export function renderTable(rows: readonly Row[], { date, cpu, cores, node, load }: Machine, legend = STARTS): string {
  const head = ["what", "must", "aim", "measured", "verdict", legend.note];
  const lines = rows.map((row) => [
    row.what,
    amount(row.must, row.unit),
    amount(row.aim, row.unit),
    amount(row.measured, row.unit),
    verdict(row),
    row.note ?? "",
  ]);
  const widths = head.map((title, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0), title.length));
  const draw = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const about = `${date.slice(0, 10)}, ${cores} cores of ${cpu}, Node ${node}, load ${load.toFixed(1)}. ${legend.x}`;
  return `${about}\n\n${[draw(head), rule, ...lines.map(draw)].join("\n")}\n`;
}

function amount(value: number | undefined, unit: Row["unit"]): string {
  if (value === undefined) return "";
  if (unit === "x") return `${value.toFixed(2)}x`;
  if (unit === "s") return `${value.toFixed(2)} s`;
  if (unit === "rows/s") return `${Math.round(value).toLocaleString("en")} rows/s`;
  return unit === "" ? String(value) : `${value.toFixed(1)} ${unit}`;
}
