import type { Output } from "../context.ts";

const WIDTH = 30;

/** One line at the bottom of a terminal; elsewhere nothing. */
export interface ProgressLine {
  draw(done: number, total: number, text: string): void;
  clear(): void;
}

export function createProgressLine(output: Output): ProgressLine {
  let shown = false;
  return {
    draw(done, total, text) {
      if (!output.isTerminal) return;
      const filled = total === 0 ? WIDTH : Math.round((done / total) * WIDTH);
      output.write(`\r\x1b[K[${"#".repeat(filled)}${"-".repeat(WIDTH - filled)}] ${done}/${total} ${text}`);
      shown = true;
    },
    clear() {
      if (shown) output.write("\r\x1b[K");
      shown = false;
    },
  };
}
