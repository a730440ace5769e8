import { existsSync } from "node:fs";
import { join } from "node:path";

/** The path of a program in the absolute folders of PATH. */
export function findProgram(name: string, path = ""): string | undefined {
  return path
    .split(":")
    .filter((folder) => folder.startsWith("/"))
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
