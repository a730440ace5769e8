import type { Output } from "../context.ts";

/** One line at the bottom of a terminal, redrawn at most ten times a second. */
export interface ProgressLine {
  draw(done: number, total: number | undefined, text: string | undefined): void;
  clear(): void;
}

/** Takes a terminal's line away: to its beginning, and erase to its end (ECMA-48, EL). */
const CLEAR_LINE = "\r\x1b[K";

export function createProgressLine(output: Pick<Output, "write" | "columns">): ProgressLine {
  let [drawnAt, shown] = [Number.NEGATIVE_INFINITY, false];
  return {
    draw(done, total, text = "") {
      const now = performance.now();
      if (now - drawnAt < 100 && done !== total) return;
      drawnAt = now;
      shown = true;
      output.write(CLEAR_LINE + progressText(done, total, { text, columns: output.columns ?? 80 }));
    },
    clear() {
      if (shown) output.write(CLEAR_LINE);
      shown = false;
    },
  };
}

/** `[####----] 50% 4/8 text`, or `4 text` without a total: never wider than the terminal, where a line that wraps could not be taken away. */
function progressText(done: number, total: number | undefined, { text, columns }: { text: string; columns: number }): string {
  const line = `${total ? bar(done, total, Math.max(5, Math.min(30, columns - 25))) : done} ${text.replaceAll(/\p{Cc}+/gu, " ")}`;
  return line.slice(0, columns - 1);
}

function bar(done: number, total: number, width: number): string {
  const share = Math.min(1, done / total);
  const filled = Math.round(share * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${Math.floor(share * 100)}% ${done}/${total}`;
}
