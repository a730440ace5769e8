import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The absolute path of a file of an installed package. Looks in the folders in which Node would (node_modules of every
 * folder above), and asks Node's own resolver, which reads and checks package.json files for a millisecond, only where
 * that finds nothing.
 * @throws what `require.resolve` throws for a package that is not there
 */
export function packageFile(name: string, file: string): string {
  for (const folder of upwards(import.meta.dirname)) {
    const path = `${folder}/node_modules/${name}/${file}`;
    if (existsSync(path)) return path;
  }
  return join(
    dirname(
      process
        .getBuiltinModule("node:module")
        .createRequire(import.meta.filename)
        .resolve(`${name}/package.json`),
    ),
    file,
  );
}

/** A folder and those above it, as Node looks for packages. */
export function* upwards(folder: string): Generator<string, void> {
  yield folder;
  const parent = dirname(folder);
  if (parent !== folder) yield* upwards(parent);
}
