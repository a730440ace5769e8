import { instanceUnit, launcherUnit } from "./overlapping-units.ts";
import { serviceUnit } from "./service-unit.ts";
import type { TextFile, TimedJob, TimerSource, TimerTarget } from "./target.ts";
import { timerUnit } from "./timer-unit.ts";
import { unitName } from "./unit-text.ts";

/** The units of every job that gets a timer. Same source and target, same bytes. */
export function unitFiles(source: TimerSource, target: TimerTarget): TextFile[] {
  return source.timed.flatMap((timed) => jobUnits(timed, source, target));
}

/** `<prefix>-<job>.service` and `.timer`; jobs that may overlap also have a service with an instance per run. */
function jobUnits(timed: TimedJob, source: TimerSource, target: TimerTarget): TextFile[] {
  const name = unitName(source, timed.job.name);
  const timer = { name: `${name}.timer`, text: timerUnit(timed, source) };
  if (!mayOverlap(timed.job)) return [{ name: `${name}.service`, text: serviceUnit(timed, source, target) }, timer];
  return [
    { name: `${name}.service`, text: launcherUnit(timed, source, target) },
    { name: `${name}@.service`, text: instanceUnit(timed, source, target) },
    timer,
  ];
}

/** systemd runs one instance of a service at a time, so an overlapping run needs an instance of its own. */
function mayOverlap({ overlap }: Pick<TimedJob["job"], "overlap">): boolean {
  return overlap === "replace" || overlap === "allow";
}
