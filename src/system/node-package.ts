import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { upwards } from "./package-file.ts";

/** The package.json that decides, for Node, how the modules of a folder are read; undefined where there is none. */
export function packageOf(folder: string): { path: string; type: unknown } | undefined {
  for (const each of upwards(folder)) {
    const path = join(each, "package.json");
    if (existsSync(path)) return { path, type: typeOf(path) };
  }
  return undefined;
}

/** Would Node find the package from this folder? */
export function findsPackage(folder: string, name: string): boolean {
  return upwards(folder).some((each) => existsSync(join(each, "node_modules", name, "package.json")));
}

function typeOf(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}
