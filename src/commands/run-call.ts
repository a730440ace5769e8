import type { CommandContext, RunOptions } from "../context.ts";
import type { Manifest } from "../job.ts";
import { type ResolvedJob, resolveJob } from "../manifest/resolve-job.ts";
import { assertOwnStateDir, runStateDir } from "./run-state-dir.ts";

/** What is asked to be run: a job of a manifest, and how. */
export interface RunCall {
  manifest: Manifest;
  resolved: ResolvedJob;
  options: RunOptions;
  context: CommandContext;
  stateDir: string;
}

/** Throws JobctlError where there is no such job, or its state is not ours to keep. */
export function runCall(manifest: Manifest, options: RunOptions, context: CommandContext): RunCall {
  const resolved = resolveJob(manifest, options.job, context);
  const stateDir = runStateDir(manifest, options, context);
  assertOwnStateDir(stateDir, context);
  return { manifest, resolved, options, context, stateDir };
}
