import { closeSync, openSync, readSync } from "node:fs";

const buffer = Buffer.alloc(4096);

/** A file of the kernel's with less than 4 KiB, such as /proc/self/stat. `readFileSync` takes 64 KiB and two reads for what tells no size. Throws system errors. */
export function readSmallFile(path: string): string {
  const fd = openSync(path, "r");
  try {
    return buffer.toString("latin1", 0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
