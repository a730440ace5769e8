import { closeSync, constants, openSync, read, writeSync } from "node:fs";

/** What a pipe of Linux holds unless told otherwise (pipe(7)). */
const CAPACITY = 65_536;

export interface PipeReader {
  /** Its last writer is gone, or it was released. */
  closed: Promise<void>;
  /** Reads no more, and closes it. */
  release(): void;
}

/** Reads a pipe to its end. Each read waits in one of libuv's threads: no sockets of Node's are needed, whose code costs a tenth of a start. */
export function readPipe(fd: number, onData: (bytes: Buffer) => void): PipeReader {
  const buffer = Buffer.allocUnsafeSlow(CAPACITY);
  let released = false;
  const closed = new Promise<void>((resolve) => {
    const next = (): void =>
      read(fd, buffer, 0, CAPACITY, null, (error, count) => {
        if (error || count === 0 || released) {
          released = true; // its number may soon be another file's
          process.off("exit", release);
          closeSync(fd);
          resolve();
          return;
        }
        onData(buffer.subarray(0, count));
        next();
      });
    next();
  });
  // A thread that waits for a pipe can't be interrupted, and Node's end waits for its threads: a byte of ours lets it go on.
  function release(): void {
    if (released) return;
    released = true;
    try {
      const writer = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
      writeSync(writer, "\n");
      closeSync(writer);
    } catch {
      // It is full, so that nobody waits for it.
    }
  }
  process.once("exit", release);
  return { closed, release };
}
