import { statSync } from "node:fs";
import { join, resolve } from "node:path";

const EXTENSIONS = ["", ".ts", ".js", ".mjs"] as const;

/** Where a module job's code may be. */
export interface ModuleSearch {
  /** The manifest's folder: `./` and `../` start there. */
  folder: string;
  /** The folder of the shipped jobs, compiled. */
  shipped: string;
}

/** The absolute path of a job's module, or undefined: a path (`./`, `../`, `/`), else the name of a shipped job. */
export function findModule(uses: string, { folder, shipped }: ModuleSearch): string | undefined {
  return moduleCandidates(uses, { folder, shipped }).find(isFile);
}

/** Every path that `findModule` looks at, in its order. */
export function moduleCandidates(uses: string, { folder, shipped }: ModuleSearch): string[] {
  if (!/^(?:\.{0,2}\/|\.{1,2}$)/.test(uses)) return [join(shipped, `${uses}.js`)];
  const path = resolve(folder, uses);
  const tried = EXTENSIONS.map((extension) => path + extension);
  // Node strips no types from files under node_modules.
  return path.includes("/node_modules/") ? tried.filter((file) => !file.endsWith(".ts")) : tried;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
