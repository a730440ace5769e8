import type { CommandContext } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { TargetKind } from "../timer-target.ts";
import { isInstalled, timerRecords } from "../timers/timer-records.ts";
import { OFF } from "../timers/timer-states.ts";
import { type ChangeOptions, changeTimers, type Progress, TAKING_BACK } from "./change-timers.ts";
import { type PlaceOptions, targetKind, timerPlace, usedPlaces } from "./timer-places.ts";
import { lookAtTimerSet, type ScopeOptions, type TimerSet } from "./timer-source.ts";

export interface UninstallOptions extends ScopeOptions, Pick<PlaceOptions, "target">, ChangeOptions {}

/** Removes this manifest's timers: where they are recorded, or in the target that was named. */
export async function uninstallTimers(options: UninstallOptions, context: CommandContext, progress: Progress = {}): Promise<number> {
  const set = await lookAtTimerSet(options, context);
  let exitCode: number = EXIT.ok;
  for (const kind of kindsOf(set, options)) {
    const place = timerPlace(kind, set, { options: {}, context });
    const goal = {
      kind,
      place,
      stateDir: set.stateDir,
      environment: set.source.environment,
      isOutput: false,
      wanted: () => [],
      wantedState: () => OFF,
      ...TAKING_BACK,
    };
    exitCode = Math.max(exitCode, await changeTimers(goal, options, { context, progress }));
  }
  return exitCode;
}

/** Those of another user or scope are for that one to remove. */
function kindsOf(set: TimerSet, options: UninstallOptions): TargetKind[] {
  if (options.target !== "auto") return [options.target];
  const installed = usedPlaces(set).filter(({ id }) => isInstalled(timerRecords(set.stateDir, id)));
  return installed.length > 0 ? installed.map(({ kind }) => kind) : [targetKind(options)];
}
