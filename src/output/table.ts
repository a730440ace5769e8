import type { Paint } from "./looks.ts";
import { oneLine, truncate, widthOf } from "./text.ts";

export interface Column {
  title: string;
  align?: "right";
  /** May be cut with `…` down to this many columns of the terminal, the rightmost such column first. */
  min?: number;
}

/** Text, with its colour apart: it is cut and padded before it is painted. */
export type Cell = string | { text: string; paint: Paint };

export interface TableOptions {
  /** Columns of the terminal; without it nothing is cut. */
  width?: number | undefined;
  /** How titles look. */
  paintTitle?: Paint;
}

const GAP = "  ";

/** Aligned columns under their titles, each line ending in a newline; columns that are empty in all rows are left out. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const shown = columns.map((_, index) => index).filter((index) => rows.some((row) => textOf(row[index]) !== ""));
  const layout = fit(
    shown.map((index) => {
      const column = columns[index] as Column;
      return { ...column, width: Math.max(widthOf(column.title), ...rows.map((row) => widthOf(textOf(row[index])))) };
    }),
    options.width,
  );
  const paint = options.paintTitle ?? ((text) => text);
  const title = layout.map((column) => ({ text: column.title, paint }));
  return [title, ...rows.map((row) => shown.map((index) => row[index] ?? ""))].map((row) => renderRow(layout, row)).join("");
}

/** Labels and values below each other, the values aligned; lines of a value that follow start below its first. */
export function renderFields(fields: readonly (readonly [label: string, value: string])[], paintLabel: Paint): string {
  const width = Math.max(...fields.map(([label]) => widthOf(label)));
  return fields
    .map(([label, value]) => {
      const indent = " ".repeat(width + GAP.length);
      return `${paintLabel(label)}${" ".repeat(width - widthOf(label))}${GAP}${value.replaceAll("\n", `\n${indent}`)}\n`;
    })
    .join("");
}

interface Laid extends Column {
  width: number;
}

function fit(columns: Laid[], width: number | undefined): Laid[] {
  const fitted = structuredClone(columns);
  let excess = width === undefined ? 0 : total(columns) - width;
  for (const column of fitted.toReversed()) {
    const give = Math.max(0, Math.min(excess, column.width - Math.max(column.min ?? column.width, widthOf(column.title))));
    excess -= give;
    column.width -= give;
  }
  return fitted;
}

const total = (columns: readonly Laid[]): number =>
  columns.reduce((sum, { width }) => sum + width, 0) + GAP.length * Math.max(0, columns.length - 1);

/** Nothing follows the last text of a line, no blanks either. */
function renderRow(layout: readonly Laid[], row: readonly Cell[]): string {
  const last = row.findLastIndex((cell) => textOf(cell) !== "");
  const cells = layout.slice(0, last + 1).map(({ width, align }, index) => {
    const cell = row[index] ?? "";
    const text = truncate(textOf(cell), width);
    const blanks = " ".repeat(width - widthOf(text));
    const painted = typeof cell === "string" || text === "" ? text : cell.paint(text);
    if (align === "right") return blanks + painted;
    return index === last ? painted : painted + blanks;
  });
  return `${cells.join(GAP)}\n`;
}

const textOf = (cell: Cell | undefined): string => oneLine(typeof cell === "string" ? cell : (cell?.text ?? ""));
