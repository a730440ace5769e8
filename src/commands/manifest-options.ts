import type { CommandContext, GlobalOptions } from "../context.ts";
import type { OpenOptions } from "../manifest/open-manifest.ts";
import { cacheDirectory } from "../system/cache-directory.ts";

/** What a command's options and surroundings say of the manifest to open. */
export function manifestOptions({ manifest }: GlobalOptions, { env, uid, cwd, programVersion, now }: CommandContext): OpenOptions {
  return { file: manifest, env, cwd, uid, cacheDir: cacheDirectory(env, uid), programVersion, now };
}
