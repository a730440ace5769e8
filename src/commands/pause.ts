import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import { errnoCode, JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { interpolate } from "../manifest/interpolate.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import { manifestScope } from "../manifest/scope.ts";
import { jsonDocument } from "../output/json.ts";
import {
  concerns,
  describePause,
  endingCommand,
  isActive,
  type Pause,
  pausedFolder,
  pauseFile,
  pauseJson,
  pauseText,
  type PauseTarget,
  readPauses,
} from "../running/pauses.ts";
import { callerName } from "../system/caller.ts";
import { replacePrivate } from "../system/private-files.ts";
import { reasonOf } from "../system/trusted-file.ts";
import { isSame, openPausePlace, type PausePlace, requireKnown, settleSlots, type TargetOptions, targetOf } from "./pause-target.ts";
import { parseWhen } from "./when.ts";

export interface PauseOptions extends TargetOptions {
  until?: string;
  reason?: string;
  onResume: Pause["onResume"];
  json: boolean;
}

/** Keeps jobs from running, until somebody resumes them or the time is over. What runs already goes on. */
export async function pause(options: PauseOptions, context: CommandContext): Promise<number> {
  const place = await openPausePlace(options, context);
  const target = targetOf(options, "pause");
  requireKnown(target, place);
  const concerned = place.jobs.filter((job) => concerns({ target } as Pause, job));
  if (options.onResume === "once") requireCatchUp(target, concerned);
  const made: Pause = {
    target,
    by: callerName(context.env, context.uid),
    at: context.now(),
    until: untilOf(options, { place, target, context }),
    reason: options.reason ?? null,
    onResume: options.onResume,
  };
  const before = readPauses(place.stateDir).find((each) => isSame(each.target, target));
  if (before && !isActive(before, context.now())) settleSlots(before, place, context);
  writePause(place.stateDir, made);

  const jobs = concerned.map(({ name }) => name);
  if (options.json) context.stdout.write(jsonDocument({ ...pauseJson(made), jobs }));
  else context.stdout.write(`${describePause(made)}; ${endingCommand(target)} ends it${namesOf(target, jobs)}\n`);
  if (before && isActive(before, context.now())) context.stderr.write(`jobctl: this replaces: ${describePause(before)}\n`);
  return EXIT.ok;
}

/** Throws JobctlError where the state directory can't be written: nothing is paused then. */
export function writePause(stateDir: string, made: Pause): void {
  const path = join(pausedFolder(stateDir), pauseFile(made.target));
  try {
    replacePrivate(path, pauseText(made));
  } catch (error) {
    const code = errnoCode(error) === "EACCES" ? "denied" : "config";
    throw new JobctlError(code, `${path}: cannot be written (${reasonOf(error)}); nothing is paused`, error);
  }
}

const namesOf = ({ kind }: PauseTarget, jobs: readonly string[]): string => (kind === "tag" ? `\njobs: ${jobs.join(", ")}` : "");

/** A job that never catches up would not run its slot after the pause either. */
function requireCatchUp(target: PauseTarget, jobs: readonly { name: string; schedule?: { catchUp: string } }[]): void {
  const [job] = jobs;
  if (target.kind === "job" && job && job.schedule?.catchUp === "none") {
    throw new JobctlError("usage", `--on-resume once: ${job.name} has catchUp: none, so that a slot that is late is never run; use skip`);
  }
}

/** A time without a zone is of the job's zone, else of the manifest's. */
export function untilOf(
  { until }: { until?: string },
  { place, target, context }: { place: PausePlace; target: PauseTarget; context: CommandContext },
): number | null {
  if (until === undefined) return null;
  const { manifest } = place;
  const now = context.now();
  const zone =
    target.kind === "job"
      ? resolveJob(manifest, target.job, context).timezone
      : interpolate(manifest.timezone, manifestScope(manifest, context), manifest.path);
  const at = parseWhen(until, { option: "--until", now, zone, ahead: true });
  if (at <= now) throw new JobctlError("usage", `--until ${until}: that is ${new Date(at).toISOString()}, which is over`);
  return at;
}
