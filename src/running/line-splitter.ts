/** A longer line is cut into parts, as the Kubernetes CRI does. */
const LONGEST_LINE = 16 * 1024;

/** Cuts a stream of byte strings into lines; `full` is false for a part that the next one goes on. */
export interface LineSplitter {
  push(text: string): void;
  /** Gives out what has no newline yet. */
  flush(): void;
}

export function createLineSplitter(line: (text: string, full: boolean) => void): LineSplitter {
  let rest = "";
  const cutLong = (): void => {
    while (rest.length > LONGEST_LINE) {
      line(rest.slice(0, LONGEST_LINE), false);
      rest = rest.slice(LONGEST_LINE);
    }
  };
  return {
    push(text) {
      let from = 0;
      for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
        rest += text.slice(from, end);
        cutLong();
        line(rest, true);
        rest = "";
        from = end + 1;
      }
      rest += text.slice(from);
      cutLong();
    },
    flush() {
      if (rest !== "") line(rest, false);
      rest = "";
    },
  };
}
