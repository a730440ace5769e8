import { utcTime } from "./utc-time.ts";

/**
 * One line of a run's log, in the format of the Kubernetes CRI (kubelet reads container logs as
 * `<RFC 3339 time> <stream> <F|P> <text>`; P: the line goes on in the next one). The stream `jobctl` is our own notes.
 * A log's first line is no such line but a header: the run's record as one JSON object.
 */
export interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  stream: LogStream;
  /** False where the job has not ended the line yet, or where the line was too long for one. */
  full: boolean;
  text: string;
}

export type LogStream = "stdout" | "stderr" | "jobctl";

export function formatLogLine({ at, stream, full, text }: LogLine): string {
  return `${utcTime(at)} ${stream} ${full ? "F" : "P"} ${text}\n`;
}

/** Undefined for what is no log line (the header, a torn last line). Takes the line without its newline. */
export function parseLogLine(line: string): LogLine | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (stdout|stderr|jobctl) ([FP]) (.*)$/s.exec(line);
  if (!match) return undefined;
  const [, at, stream, full, text] = match as unknown as [string, string, LogStream, string, string];
  return { at: Date.parse(at), stream, full: full === "F", text };
}
