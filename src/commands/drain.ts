import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { isoUtc, jsonDocument } from "../output/json.ts";
import { heldLocks, type HeldLock } from "../running/lock-holders.ts";
import { describePause, isActive, type Pause, pauseJson, readPauses } from "../running/pauses.ts";
import { callerName } from "../system/caller.ts";
import { sleep } from "../system/wait.ts";
import { formatDuration } from "../units.ts";
import { untilOf, writePause } from "./pause.ts";
import { openPausePlace, type PausePlace } from "./pause-target.ts";
import { endPause } from "./resume.ts";

export interface DrainOptions extends GlobalOptions {
  end: boolean;
  /** Milliseconds. */
  wait: number;
  until?: string;
  reason?: string;
  json: boolean;
}

/** A run that still holds its lock, as `drain --json` prints it. */
interface StillRunning {
  job: string;
  id: number | null;
  pid: number | null;
  startedAt: string | null;
  leftBehind: boolean;
}

const POLL_MS = 200;

/**
 * For deploy scripts: from now on no run begins, and those that have begun are waited for. 0 when all have ended, 75 when
 * some go on after --wait; the drain stays in both cases, until --end.
 */
export async function drain(options: DrainOptions, context: CommandContext): Promise<number> {
  const place = await openPausePlace(options, context);
  if (options.end) return endDrain(place, options, context);
  const made: Pause = {
    target: { kind: "drain" },
    by: callerName(context.env, context.uid),
    at: context.now(),
    until: untilOf(options, { place, target: { kind: "drain" }, context }),
    reason: options.reason ?? null,
    onResume: "skip",
  };
  // A run looks for this file when it holds its lock: who is not seen below has not begun and will not.
  writePause(place.stateDir, made);
  const left = await waitForAll(place.stateDir, options, context);
  if (options.json) context.stdout.write(jsonDocument({ ...pauseJson(made), drained: left.length === 0, running: left.map(stillRunning) }));
  else tell(left, options, context);
  return left.length === 0 ? EXIT.ok : EXIT["try-later"];
}

async function waitForAll(stateDir: string, { wait, json }: DrainOptions, { stderr }: CommandContext): Promise<HeldLock[]> {
  const deadline = performance.now() + wait;
  for (let told = ""; ; await sleep(POLL_MS)) {
    const left = eachRunOnce(heldLocks(stateDir));
    if (left.length === 0 || performance.now() >= deadline) return left;
    const names = left.map(nameOf).join(", ");
    if (!json && names !== told) stderr.write(`jobctl: no run begins any more; waiting for ${names}\n`);
    told = names;
  }
}

/** A run may also hold the places of its group and of the host. */
const eachRunOnce = (locks: readonly HeldLock[]): HeldLock[] => [
  ...new Map(locks.map((lock) => [lock.holder?.key ?? lock.name, lock])).values(),
];

function nameOf({ name, holder, isOrphan }: HeldLock): string {
  if (!holder) return name;
  const run = holder.runId === null ? "" : ` (run ${holder.runId})`;
  return `${holder.job}${run}${isOrphan ? ", left behind by a killed supervisor" : ""}`;
}

function stillRunning({ name, holder, isOrphan }: HeldLock): StillRunning {
  return {
    job: holder?.job ?? name,
    id: holder?.runId ?? null,
    pid: holder ? (holder.child?.pid ?? holder.supervisor.pid) : null,
    startedAt: holder ? isoUtc(holder.startedAt) : null,
    leftBehind: isOrphan,
  };
}

function tell(left: readonly HeldLock[], { wait }: DrainOptions, { stdout }: CommandContext): void {
  const last = "no run begins before: jobctl drain --end\n";
  if (left.length === 0) return stdout.write(`drained: nothing runs; ${last}`);
  stdout.write(`still running after ${formatDuration(wait)}:\n${left.map((lock) => `  ${nameOf(lock)}\n`).join("")}${last}`);
}

function endDrain(place: PausePlace, { json }: DrainOptions, context: CommandContext): number {
  const found = readPauses(place.stateDir).find(({ target }) => target.kind === "drain");
  const ended = found && isActive(found, context.now()) ? found : undefined;
  if (found) endPause(found, place, context);
  if (json) context.stdout.write(jsonDocument({ ended: ended ? pauseJson(ended) : null }));
  else context.stdout.write(ended ? `runs begin again; it was ${describePause(ended)}\n` : "there was no drain\n");
  return EXIT.ok;
}
