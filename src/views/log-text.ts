import { parseLogLine, type LogLine, type LogStream } from "../log-line.ts";

/** A line as the job wrote it, put together from its parts. */
export type WholeLine = Pick<LogLine, "at" | "stream" | "text">;

/** Joins the parts of lines; the parts of two streams may lie between each other. */
export interface LineJoiner {
  /** Takes a line of the log file; what is none (the header, a torn line) is passed over. */
  push(line: string): WholeLine | undefined;
  /** What was begun and not ended. */
  rest(): WholeLine[];
}

export function createLineJoiner(): LineJoiner {
  const begun = new Map<LogStream, { at: number; parts: string[] }>();
  return {
    push(line) {
      const parsed = parseLogLine(line);
      if (!parsed) return undefined;
      const { at, stream, text, full } = parsed;
      const open = begun.get(stream) ?? { at, parts: [] };
      open.parts.push(text);
      if (!full) {
        begun.set(stream, open);
        return undefined;
      }
      begun.delete(stream);
      return { at: open.at, stream, text: open.parts.join("") };
    },
    rest: () => [...begun].map(([stream, { at, parts }]) => ({ at, stream, text: parts.join("") })),
  };
}
