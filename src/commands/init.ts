import { join, relative, resolve } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { starterManifest } from "../manifest/starter.ts";
import { createFile } from "../system/new-files.ts";

export interface InitOptions extends GlobalOptions {
  output: string;
}

export async function init({ output }: InitOptions, { cwd, packageRoot, stdout }: CommandContext): Promise<number> {
  const path = resolve(cwd, output);
  createFile(path, starterManifest(join(packageRoot, "jobs/manifest.schema.json")));
  const file = relative(cwd, path);
  const named = file === "jobctl.yaml" ? "" : ` --manifest ${file}`;
  stdout.write(`wrote ${file}\nnext: jobctl list${named}\n      jobctl run hello${named}\n`);
  return EXIT.ok;
}
