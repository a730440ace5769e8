import { JobctlError } from "../errors.ts";
import type { Manifest } from "../job.ts";
import { checkManifest } from "./check-manifest.ts";
import { writeCopy } from "./compiled-copy.ts";
import type { OpenOptions } from "./open-manifest.ts";
import { type Problem, problemText } from "./problem.ts";

/** Reads, checks and keeps for the next start. Throws JobctlError("config") with every problem and its place. */
export function loadManifest(manifestPath: string, options: OpenOptions): Manifest {
  const { manifest, problems, inputs, depends } = checkManifest(manifestPath, options);
  if (!manifest || problems.length > 0) throw new JobctlError("config", problemsText(problems));
  const { cacheDir, uid, programVersion } = options;
  if (cacheDir !== undefined && !depends)
    writeCopy({ cacheDir, uid, manifestPath, programVersion }, { inputs, manifest, now: options.now() });
  return manifest;
}

function problemsText(problems: Problem[]): string {
  const lines = problems.map((problem) => problemText(problem));
  return lines.length === 1
    ? (lines[0] ?? "")
    : `the manifest has ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
