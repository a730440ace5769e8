import type { CommandContext } from "../context.ts";
import type { Manifest } from "../job.ts";
import { stateDirOf } from "../manifest/state-dir.ts";

/** Where the runs of a call are kept: `--state-dir`, else `$JOBCTL_STATE_DIR`, else the manifest's. */
export function runStateDir(manifest: Manifest, options: { stateDir?: string }, { cwd, env, uid }: CommandContext): string {
  return stateDirOf(manifest, { override: options.stateDir ?? env.JOBCTL_STATE_DIR, cwd, env, uid });
}
