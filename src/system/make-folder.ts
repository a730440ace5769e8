import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoCode } from "../errors.ts";

/** Makes a folder and those above it. Node's own `recursive` never returns where a file system refuses with ENOENT, as /proc does. */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoCode(error) === "EEXIST") return;
    if (errnoCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    makeFolder(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
