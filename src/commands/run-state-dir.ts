import type { CommandContext } from "../context.ts";
import type { Manifest } from "../job.ts";
import { stateDirOf } from "../manifest/state-dir.ts";
import { assertTrustedFolder } from "../system/trusted-file.ts";

/** Where the runs of a call are kept: `--state-dir`, else `$JOBCTL_STATE_DIR`, else the manifest's. */
export function runStateDir(manifest: Manifest, options: { stateDir?: string }, { cwd, env, uid }: CommandContext): string {
  return stateDirOf(manifest, { override: options.stateDir ?? env.JOBCTL_STATE_DIR, cwd, env, uid });
}

/**
 * For who writes there, or acts on what is written there. Root in a folder of somebody else would leave files that its owner's runs can't open, and
 * would follow where its owner's links lead. Throws JobctlError("config").
 */
export function assertOwnStateDir(stateDir: string, { uid }: Pick<CommandContext, "uid">): void {
  if (uid === 0) assertTrustedFolder(stateDir);
}
