import { writeSync } from "node:fs";
import { errnoCode } from "../errors.ts";

/**
 * Writes the whole text to a descriptor, waiting for a slow reader. Node's own streams are not used: `process.exit`
 * cuts what they still hold, and a closed pipe would end the process with a stack.
 * Returns false when nobody reads any more (EPIPE).
 */
export function writeAll(fd: number, text: string): boolean {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = errnoCode(error);
      if (code !== "EAGAIN") return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return true;
}
