import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { errnoCode } from "../errors.ts";
import { setNonBlocking } from "../system/non-blocking.ts";

/** More than this that nobody reads is dropped. */
const QUEUE_BYTES = 1024 * 1024;
const RETRY_MS = 20;

/**
 * Shows a run's output to whoever looks, and never waits for them: a terminal stopped by Ctrl-S or a reader that
 * hangs makes it drop text and say so, while the log, the timers and the exit go on.
 */
export interface Mirror {
  /** Byte string (latin1). */
  write(text: string): void;
  /** Waits for the reader while it still takes something, and gives up when it took nothing for a moment. */
  drain(): Promise<void>;
  /** Leaves the descriptor to others as it was. */
  close(): void;
}

/**
 * A descriptor of our own on what `fd` shows, opened anew without blocking (open(2), O_NONBLOCK belongs to the open file,
 * which `fd` shares with the shell; /proc/self/fd gives a new one for terminals and pipes). A socket (the journal, ssh) can't
 * be opened so: it gets the flag itself, until the end.
 */
export function createMirror(fd: 1 | 2): Mirror {
  const { own, restore } = withoutWaiting(fd);
  let queue: Buffer[] = [];
  let [queued, dropped] = [0, 0];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): boolean => {
    let progress = false;
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      try {
        const written = writeSync(own, first);
        progress ||= written > 0;
        queued -= written;
        if (written < first.length) queue[0] = first.subarray(written);
        else queue.shift();
      } catch (error) {
        if (errnoCode(error) === "EAGAIN") return progress;
        queue = [];
        queued = 0;
        return false;
      }
    }
    return progress;
  };
  const later = (): void => {
    if (queue.length > 0) timer ??= setInterval(() => flush() && queue.length === 0 && stop(), RETRY_MS).unref();
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const push = (text: string): void => {
    const bytes = Buffer.from(text, "latin1");
    queue.push(bytes);
    queued += bytes.length;
  };

  return {
    write(text) {
      if (queued + text.length > QUEUE_BYTES) {
        dropped += text.length;
        return;
      }
      if (dropped > 0) push(`jobctl: ${dropped} bytes were not shown here, since nobody read them; the log has them\n`);
      dropped = 0;
      push(text);
      flush();
      later();
    },
    async drain() {
      stop();
      for (let idle = 0; queue.length > 0 && idle < 10; idle = flush() ? 0 : idle + 1) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    },
    close: restore,
  };
}

function withoutWaiting(fd: number): { own: number; restore: () => void } {
  const stat = fstatSync(fd);
  if (stat.isSocket()) return { own: fd, restore: setNonBlocking(fd) };
  return { own: stat.isCharacterDevice() || stat.isFIFO() ? reopen(fd) : fd, restore: () => {} };
}

function reopen(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
