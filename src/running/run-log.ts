import { closeSync, ftruncateSync, rmSync, writeSync } from "node:fs";
import { formatLogLine, type LogLine } from "../log-line.ts";
import { tryLock } from "../system/file-lock.ts";
import { openPrivate } from "../system/private-files.ts";

/** The end of the output that is kept when it grows beyond the bound; the beginning is kept whole. */
const TAIL_BYTES = 256 * 1024;

/** A write that failed is not tried again for so long: on a full disk each costs more than the line that it would keep. */
const RETRY_MS = 100;

/** The log file of one run; text is byte strings (latin1). Never throws once it is open: a full disk must not end the job. */
export interface RunLog {
  write(line: LogLine): void;
  /** Writes what is only in memory: the kept end of an output that passed the bound. */
  sync(): void;
  /** The first error of writing, if any. */
  readonly problem: string | undefined;
  close(): void;
  /** Removes the log of a run that did not begin after all. */
  discard(): void;
}

/**
 * Creates the log (it must not exist), writes its header and locks it: the lock says "this run is supervised".
 * The descriptor is not inherited by the child. Throws what open(2) and write(2) throw.
 */
export function createRunLog(path: string, header: object, maxBytes: number): RunLog {
  const fd = openPrivate(path, "new");
  tryLock(fd);
  const tailLimit = Math.min(TAIL_BYTES, Math.floor(maxBytes / 2));
  const tail: string[] = [];
  let [size, headEnd, tailBytes, cut] = [0, 0, 0, 0];
  let isTailNew = false;
  let problem: string | undefined;
  let retryAt = 0;

  const append = (text: string, now = performance.now()): boolean => {
    if (now < retryAt) return false;
    try {
      size += writeSync(fd, Buffer.from(text, "latin1"), 0, undefined, size);
      return true;
    } catch (error) {
      problem ??= error instanceof Error ? error.message : String(error);
      retryAt = now + RETRY_MS;
      return false;
    }
  };
  const keepInTail = (text: string): void => {
    isTailNew = true;
    tail.push(text);
    tailBytes += text.length;
    while (tailBytes > tailLimit && tail.length > 1) {
      const dropped = tail.shift() ?? "";
      tailBytes -= dropped.length;
      cut += dropped.length;
    }
  };

  append(`${Buffer.from(JSON.stringify(header)).toString("latin1")}\n`);
  const headLimit = size + maxBytes - tailLimit;
  return {
    write(line) {
      const text = formatLogLine(line);
      if (headEnd > 0) keepInTail(text);
      else if (size + text.length <= headLimit) append(text);
      else {
        headEnd = size;
        keepInTail(text);
      }
    },
    sync() {
      if (!isTailNew) return;
      size = headEnd;
      const note = `${cut} bytes of output were cut here (maxOutput)`;
      const cutLine = cut > 0 ? formatLogLine({ at: Date.now(), stream: "jobctl", full: true, text: note }) : "";
      // Written over the older end, and only then shortened: who is killed or meets a full disk in between leaves one of the two.
      if (!append(cutLine + tail.join(""), Number.POSITIVE_INFINITY)) return;
      ftruncateSync(fd, size);
      isTailNew = false;
    },
    get problem() {
      return problem;
    },
    close() {
      this.sync();
      closeSync(fd);
    },
    discard() {
      rmSync(path, { force: true });
      closeSync(fd);
    },
  };
}
