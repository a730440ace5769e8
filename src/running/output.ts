import type { LogStream } from "../log-line.ts";
import { createLineSplitter } from "./line-splitter.ts";
import { createRedactor } from "./redact.ts";
import type { RunLog } from "./run-log.ts";

/** How much of the output's end goes into history. */
const TAIL_BYTES = 4096;
const SYNC_MS = 1000;

/** Who sees the output besides the log; text is byte strings (latin1). */
export interface OutputView {
  chunk?(stream: "stdout" | "stderr", text: string): void;
  line?(stream: "stdout" | "stderr", text: string): void;
}

export interface OutputSink {
  push(stream: "stdout" | "stderr", text: string): void;
  /** A remark of jobctl's own, for the log only. */
  note(text: string): void;
  /** An attempt has ended: what was held back is given out. */
  flush(): void;
  end(): void;
  /** The last 4 KiB. */
  tail(): string;
  /** Bytes so far. */
  bytes(): number;
}

/** One way for all output: redaction first, then the log, the views and the tail. */
export function createOutputSink(log: RunLog | undefined, view: OutputView, secrets: readonly string[]): OutputSink {
  let [kept, bytes] = ["", 0];
  const timer = setInterval(() => log?.sync(), SYNC_MS).unref();
  const write = (stream: LogStream, text: string, full: boolean): void => log?.write({ at: Date.now(), stream, full, text });
  const streams = { stdout: way("stdout"), stderr: way("stderr") };

  function way(stream: "stdout" | "stderr") {
    const redactor = createRedactor(secrets);
    const lines = createLineSplitter((text, full) => {
      write(stream, text, full);
      view.line?.(stream, text);
    });
    const pass = (text: string): void => {
      if (text === "") return;
      bytes += text.length;
      kept = kept.length + text.length > 4 * TAIL_BYTES ? (kept + text).slice(-TAIL_BYTES) : kept + text;
      view.chunk?.(stream, text);
      lines.push(text);
    };
    return {
      push: (text: string) => pass(redactor.push(text)),
      end() {
        pass(redactor.end());
        lines.flush();
      },
    };
  }

  const flush = (): void => {
    streams.stdout.end();
    streams.stderr.end();
  };
  return {
    flush,
    push: (stream, text) => streams[stream].push(text),
    note: (text) => write("jobctl", Buffer.from(text).toString("latin1"), true),
    end() {
      flush();
      clearInterval(timer);
    },
    tail: () => Buffer.from(kept.slice(-TAIL_BYTES), "latin1").toString(),
    bytes: () => bytes,
  };
}
