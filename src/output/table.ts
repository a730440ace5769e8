import type { Paint } from "./looks.ts";
import { oneLine, truncate, widthOf, wrap } from "./text.ts";

export interface Column {
  title: string;
  align?: "right";
  /** May be cut with `…` down to this many columns of the terminal, the rightmost such column first. */
  min?: number;
  /** Left out where the terminal is too narrow for all, the rightmost such column first. */
  spare?: true;
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

/**
 * Aligned columns under their titles, each line ending in a newline; columns that are empty in all rows are left out. Where the
 * terminal is too narrow even for what can't be left out, each row is told in lines of its own.
 */
export function renderTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], options: TableOptions = {}): string {
  const filled = columns.flatMap((column, index) => {
    const widths = rows.map((row) => widthOf(textOf(row[index])));
    return widths.some((width) => width > 0) ? [{ ...column, index, width: Math.max(widthOf(column.title), ...widths) }] : [];
  });
  const paint = options.paintTitle ?? ((text) => text);
  const layout = fitOrDrop(filled, options.width);
  if (layout === undefined) return rows.map((row) => renderRecord(filled, row, { paint, width: options.width })).join("\n");
  const title = layout.map((column) => ({ text: column.title, paint }));
  return [title, ...rows.map((row) => layout.map(({ index }) => row[index] ?? ""))].map((row) => renderRow(layout, row)).join("");
}

/** What names the row, then the other texts below each other with their titles in front. */
function renderRecord(
  columns: readonly Laid[],
  row: readonly Cell[],
  { paint, width }: { paint: Paint; width: number | undefined },
): string {
  const names = columns.findIndex(({ align }) => align === undefined) + 1;
  const painted = (cell: Cell = ""): string => (typeof cell === "string" ? textOf(cell) : cell.paint(textOf(cell)));
  const [head, others] = [columns.slice(0, names), columns.slice(names).filter(({ index }) => textOf(row[index]) !== "")];
  const fields = others.map(({ title, index }) => [`  ${title.toLowerCase()}`, painted(row[index])] as const);
  const name = head.map(({ index }) => painted(row[index])).filter((text) => text !== "");
  return `${name.join(GAP)}\n${fields.length === 0 ? "" : renderFields(fields, paint, width)}`;
}

/**
 * Labels and values below each other, the values aligned; lines of a value that follow start below its first. Values that are wider
 * than a terminal of `columns` are broken between words.
 */
export function renderFields(
  fields: readonly (readonly [label: string, value: string])[],
  paintLabel: Paint,
  columns?: number | undefined,
): string {
  const width = Math.max(...fields.map(([label]) => widthOf(label)));
  const room = columns === undefined ? Infinity : Math.max(NARROWEST, columns - width - GAP.length);
  return fields
    .map(([label, value]) => {
      const indent = " ".repeat(width + GAP.length);
      return `${paintLabel(label)}${" ".repeat(width - widthOf(label))}${GAP}${wrap(value, room).replaceAll("\n", `\n${indent}`)}\n`;
    })
    .join("");
}

/** A value's column is not made narrower than this. */
const NARROWEST = 16;

interface Laid extends Column {
  /** Of its cells in the rows. */
  index: number;
  width: number;
}

/** Undefined where the columns that must be shown are too wide. */
function fitOrDrop(columns: Laid[], width: number | undefined): Laid[] | undefined {
  const fitted = fit(columns, width);
  if (width === undefined || total(fitted) <= width) return fitted;
  const dropped = columns.findLast(({ spare }) => spare);
  return (
    dropped &&
    fitOrDrop(
      columns.filter((column) => column !== dropped),
      width,
    )
  );
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
