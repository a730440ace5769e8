import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

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

function upwards(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...upwards(parent)];
}

function typeOf(path: string): unknown {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}
