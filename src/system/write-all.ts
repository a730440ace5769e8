import { writeSync } from "node:fs";
import { errnoCode } from "../errors.ts";
import { sleepSync } from "../sleep-sync.ts";

/**
 * Writes the whole text to a descriptor, waiting for a slow reader. Node's own streams are not used: `process.exit`
 * cuts what they still hold, and a closed pipe would end the process with a stack.
 * Returns why it could not: EPIPE where nobody reads any more, ENOSPC on a full disk.
 */
export function writeAll(fd: number, text: string): unknown {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (errnoCode(error) !== "EAGAIN") return error;
      sleepSync(5);
    }
  }
  return undefined;
}
