const CONTEXT = 3;
/** Beyond this many pairs of lines the changed middle is shown whole instead of line by line. */
const MOST_PAIRS = 4_000_000;

type Line = { sign: " " | "-" | "+"; text: string };

/** The difference of two texts in unified format (diff(1)); empty where there is none. A text that is missing is `null`. */
export function unifiedDiff(name: string, before: string | null, after: string | null): string {
  const lines = compare(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines);
  if (hunks.length === 0) return "";
  const head = [`--- ${before === null ? "/dev/null" : name}`, `+++ ${after === null ? "/dev/null" : name}`];
  return `${[...head, ...hunks.flatMap((hunk) => hunkText(lines, hunk))].join("\n")}\n`;
}

const linesOf = (text: string | null): string[] => (text === null || text === "" ? [] : text.replace(/\n$/, "").split("\n"));

function compare(before: readonly string[], after: readonly string[]): Line[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const middle = compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)];
}

const same = (text: string): Line => ({ sign: " ", text });

/** The longest common subsequence, by the table of its lengths. */
function compareMiddle(before: readonly string[], after: readonly string[]): Line[] {
  const removed = before.map((text): Line => ({ sign: "-", text }));
  const added = after.map((text): Line => ({ sign: "+", text }));
  if (before.length * after.length > MOST_PAIRS) return [...removed, ...added];
  const width = after.length + 1;
  const lengths = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const isSame = before[row] === after[column];
      lengths[row * width + column] = isSame ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push({ sign: " ", text: before[row] ?? "" });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) lines.push(removed[row++] as Line);
    else lines.push(added[column++] as Line);
  }
  return [...lines, ...removed.slice(row), ...added.slice(column)];
}

interface Hunk {
  from: number;
  to: number;
}

function hunksOf(lines: readonly Line[]): Hunk[] {
  const hunks: Hunk[] = [];
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    const last = hunks.at(-1);
    const from = Math.max(0, index - CONTEXT);
    const to = Math.min(lines.length, index + CONTEXT + 1);
    if (last !== undefined && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  }
  return hunks;
}

function hunkText(lines: readonly Line[], { from, to }: Hunk): string[] {
  const shown = lines.slice(from, to);
  const range = (mark: "-" | "+"): string => {
    const isThere = ({ sign }: Line): boolean => sign === " " || sign === mark;
    const count = shown.filter(isThere).length;
    const start = lines.slice(0, from).filter(isThere).length + (count === 0 ? 0 : 1);
    return `${mark}${start}${count === 1 ? "" : `,${count}`}`;
  };
  return [`@@ ${range("-")} ${range("+")} @@`, ...shown.map(({ sign, text }) => sign + text)];
}
