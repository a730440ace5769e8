import type { Paint } from "./looks.ts";
import { isPlainLine, oneLine, truncate, widthOf, wrap } from "./text.ts";

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
  const told = rows.map((row) => columns.map((_column, index) => tell(row[index])));
  const filled = columns.flatMap((column, index) => {
    const widest = Math.max(0, ...told.map((row) => row[index]?.width ?? 0));
    return widest > 0 ? [{ ...column, index, width: Math.max(widthOf(column.title), widest) }] : [];
  });
  const paint = options.paintTitle ?? PLAINLY;
  const layout = fitOrDrop(filled, options.width);
  if (layout === undefined) return told.map((row) => renderRecord(filled, row, { paint, width: options.width })).join("\n");
  const title = columns.map((column) => tell({ text: column.title, paint }));
  return [title, ...told].map((row) => renderRow(layout, row)).join("");
}

/** A cell as one line, looked through once: a table has hundreds. */
interface Told {
  text: string;
  /** Columns of the terminal. */
  width: number;
  paint: Paint;
}

const PLAINLY: Paint = (text) => text;

function tell(cell: Cell = ""): Told {
  const { text, paint } = typeof cell === "string" ? { text: cell, paint: PLAINLY } : cell;
  if (isPlainLine(text)) return { text, width: text.length, paint };
  const line = oneLine(text);
  return { text: line, width: widthOf(line), paint };
}

const EMPTY = tell();

/** What names the row, then the other texts below each other with their titles in front. */
function renderRecord(
  columns: readonly Laid[],
  row: readonly Told[],
  { paint, width }: { paint: Paint; width: number | undefined },
): string {
  const names = columns.findIndex(({ align }) => align === undefined) + 1;
  const painted = ({ index }: Laid): string => row[index]?.paint(row[index].text) ?? "";
  const [head, others] = [columns.slice(0, names), columns.slice(names).filter(({ index }) => row[index]?.text !== "")];
  const fields = others.map((column) => [`  ${column.title.toLowerCase()}`, painted(column)] as const);
  const name = head.map(painted).filter((text) => text !== "");
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
  const fitted = columns.map((column) => ({ ...column }));
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
function renderRow(layout: readonly Laid[], row: readonly Told[]): string {
  const shown = layout.map(({ index }) => row[index] ?? EMPTY);
  const last = shown.findLastIndex(({ text }) => text !== "");
  const cells = shown.slice(0, last + 1).map((cell, position) => {
    const { width, align } = layout[position] as Laid;
    const { text, width: own } = cell.width <= width ? cell : tell(truncate(cell.text, width));
    const blanks = " ".repeat(width - own);
    const painted = text === "" ? text : cell.paint(text);
    if (align === "right") return blanks + painted;
    return position === last ? painted : painted + blanks;
  });
  return `${cells.join(GAP)}\n`;
}
