import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { parseLogLine } from "../log-line.ts";

/** Reads the lines of a run's log, also of one that is still written. */
export interface LogReader {
  /** The lines that have come since the last call, without their newlines; at the end of a run the torn last one, too. */
  read(atEnd: boolean): string[];
  close(): void;
}

/**
 * Behind the beginning of a log that outgrew its bound, the newest end of the output is written anew every second. Where the
 * file no longer holds what was read last, reading goes on after that line's new place or, where it was cut out, at the
 * remark that says so.
 */
export function openLogReader(path: string): LogReader {
  const fd = openSync(path, "r");
  let offset = 0;
  /** The last line that the job wrote, and the bytes from its beginning to the offset, which are still there unless the end was rewritten. */
  let last: { line: string; at: number; bytes: Buffer } | undefined;

  const isRewritten = (): boolean => last !== undefined && !readRange(fd, last.at, offset).equals(last.bytes);

  return {
    read(atEnd) {
      if (isRewritten() && last) offset = placeAfter(readRange(fd, 0, sizeOf(fd)), last.line);
      const fresh = readRange(fd, offset, sizeOf(fd));
      const end = atEnd ? fresh.length : fresh.lastIndexOf(NEWLINE) + 1;
      const spans = linesOf(fresh.subarray(0, end));
      const lastOfJob = spans.findLast(({ text }) => (parseLogLine(text)?.stream ?? "jobctl") !== "jobctl");
      if (lastOfJob)
        last = { line: lastOfJob.text, at: offset + lastOfJob.start, bytes: Buffer.from(fresh.subarray(lastOfJob.start, end)) };
      else if (last) last.bytes = Buffer.concat([last.bytes, fresh.subarray(0, end)]);
      offset += end;
      return spans.map(({ text }) => text);
    },
    close: () => closeSync(fd),
  };
}

const NEWLINE = 0x0a;
const CUT_REMARK = / jobctl F \d+ bytes of output were cut here/;

const sizeOf = (fd: number): number => fstatSync(fd).size;

/** What the file holds there; less where it is shorter. */
function readRange(fd: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  let filled = 0;
  for (let count = -1; count !== 0 && filled < bytes.length; filled += count) {
    count = readSync(fd, bytes, filled, bytes.length - filled, from + filled);
  }
  return bytes.subarray(0, filled);
}

interface Span {
  start: number;
  end: number;
  text: string;
}

function linesOf(bytes: Buffer): Span[] {
  const spans: Span[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    spans.push({ start, end: end + 1, text: bytes.toString("utf8", start, end) });
    start = end + 1;
  }
  return spans;
}

function placeAfter(bytes: Buffer, line: string): number {
  const spans = linesOf(bytes);
  const same = spans.findLast(({ text }) => text === line);
  return same?.end ?? spans.findLast(({ text }) => CUT_REMARK.test(text))?.start ?? bytes.length;
}
