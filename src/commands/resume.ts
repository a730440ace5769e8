import { rmSync } from "node:fs";
import { join } from "node:path";
import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument } from "../output/json.ts";
import {
  describePause,
  isActive,
  type Pause,
  pausedFolder,
  pauseFile,
  pauseJson,
  pauseOf,
  type PauseTarget,
  readPauses,
} from "../running/pauses.ts";
import { writePause } from "./pause.ts";
import { isSame, openPausePlace, type PausePlace, requireKnown, settleSlots, type TargetOptions, targetOf } from "./pause-target.ts";

export interface ResumeOptions extends TargetOptions {
  json: boolean;
}

/** Ends one pause. Those of other targets stay, and are told where they go on to keep a job from running. */
export async function resume(options: ResumeOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, now } = context;
  const place = await openPausePlace(options, context);
  const target = targetOf(options, "resume");
  const all = readPauses(place.stateDir);
  const found = all.find((each) => isSame(each.target, target));
  if (!found) requireKnown(target, place);
  const ended = found && isActive(found, now()) ? found : undefined;
  if (found) endPause(found, place, context);

  const others = all.filter((each) => each !== found && isActive(each, now()));
  const still = stillPaused(target, others, place, now());
  if (options.json) stdout.write(jsonDocument({ resumed: ended ? pauseJson(ended) : null, stillPaused: still.map(pauseJson) }));
  else stdout.write(ended ? `resumed; it was ${describePause(ended)}\n` : `${nameOf(target)} not paused\n`);
  for (const other of still) stderr.write(`jobctl: goes on: ${describePause(other, { how: true })}\n`);
  return EXIT.ok;
}

/** The slots of the pause are settled before its file goes; where they can't be, the file stays and tells the next runs of its end. */
export function endPause(pause: Pause, place: PausePlace, context: CommandContext): void {
  const now = context.now();
  const over: Pause = { ...pause, until: Math.min(pause.until ?? now, now) };
  if (settleSlots(over, place, context)) rmSync(join(pausedFolder(place.stateDir), pauseFile(pause.target)), { force: true });
  else writePause(place.stateDir, over);
}

/** Pauses of others that concern what was to be resumed. */
function stillPaused(target: PauseTarget, others: readonly Pause[], { jobs }: PausePlace, now: number): Pause[] {
  const concerned = jobs.filter(({ name, tags }) =>
    target.kind === "job" ? name === target.job : target.kind !== "tag" || tags.includes(target.tag),
  );
  return [...new Set(concerned.flatMap((job) => pauseOf(job, others, now) ?? []))];
}

function nameOf(target: PauseTarget): string {
  if (target.kind === "job") return `${target.job} itself was`;
  return target.kind === "tag" ? `the tag ${target.tag} was` : "all jobs together were";
}
