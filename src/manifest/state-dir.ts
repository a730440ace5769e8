import { statSync } from "node:fs";
import { dirname } from "node:path";
import { JobctlError } from "../errors.ts";
import type { Manifest } from "../job.ts";
import { resolvePath } from "../resolve-path.ts";
import { listedUser } from "../system/users.ts";
import { interpolate } from "./interpolate.ts";
import { manifestScope } from "./scope.ts";

export interface StateDirOptions {
  /** `--state-dir`, relative to `cwd`. */
  override?: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  uid: number;
}

/**
 * Where history, logs and locks are kept, absolute. It belongs to the manifest, not to the caller: whoever calls with
 * whatever environment gets the same one, or two runs of one job would not see each other.
 */
export function stateDirOf(manifest: Manifest, { override, cwd, env, uid }: StateDirOptions): string {
  if (override) return resolvePath(cwd, override);
  if (manifest.stateDir) {
    const scope = manifestScope(manifest, { env, uid });
    return resolvePath(dirname(manifest.path), interpolate(manifest.stateDir, scope, `${manifest.path}: stateDir`));
  }
  const owner = statSync(manifest.path).uid;
  if (owner === 0) return `/var/lib/jobctl/${manifest.prefix}`;
  return resolvePath(stateHome(owner, { env, uid }), `jobctl/${manifest.prefix}`);
}

function stateHome(owner: number, { env, uid }: Pick<StateDirOptions, "env" | "uid">): string {
  const own = owner === uid ? env : {};
  if (own["XDG_STATE_HOME"]?.startsWith("/")) return own["XDG_STATE_HOME"];
  return resolvePath(own["HOME"]?.startsWith("/") ? own["HOME"] : homeOf(owner), ".local/state");
}

function homeOf(uid: number): string {
  const home = listedUser(uid)?.[5];
  if (home?.startsWith("/")) return home;
  throw new JobctlError("config", `user ${uid} owns the manifest and has no home folder in /etc/passwd; set stateDir in the manifest`);
}
