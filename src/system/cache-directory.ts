import { lstatSync } from "node:fs";
import { resolvePath } from "../resolve-path.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where copies that may be lost at any time are kept: apart from the state directory, whose place is only known once the manifest is read. `$JOBCTL_CACHE_DIR` goes before the usual places. */
export function cacheDirectory(env: Env, uid: number): string | undefined {
  if (env["JOBCTL_CACHE_DIR"]?.startsWith("/")) return env["JOBCTL_CACHE_DIR"];
  if (uid === 0) return "/var/cache/jobctl";
  if (env["XDG_CACHE_HOME"]?.startsWith("/")) return resolvePath(env["XDG_CACHE_HOME"], "jobctl");
  return env["HOME"]?.startsWith("/") ? resolvePath(env["HOME"], ".cache/jobctl") : undefined;
}

const OTHERS_WRITE = 0o022;

/** Is nobody else able to write this folder, or is it still to be made? */
export function isPrivateFolder(path: string, uid: number): boolean {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats === undefined || (stats.isDirectory() && stats.uid === uid && (stats.mode & OTHERS_WRITE) === 0);
  } catch {
    return false;
  }
}
