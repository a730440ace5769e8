import { driftOf, type FoundText } from "./install-plan.ts";
import type { TextFile, TimedJob, TimerSource } from "./target.ts";
import type { TargetKind } from "../timer-target.ts";
import { CRONTAB_BLOCK } from "./crontab-place.ts";
import { unitName } from "./unit-text.ts";

/** How one job's timer is: as the manifest wants it, or what is wrong. */
const CONDITIONS = ["ok", "changed by hand", "missing", "outdated", "not enabled", "not installed", "over"] as const;
export type TimerCondition = (typeof CONDITIONS)[number];

export interface TimerSides {
  kind: TargetKind;
  source: Pick<TimerSource, "prefix">;
  wanted: readonly TextFile[];
  applied: Readonly<Record<string, string>>;
  found: readonly FoundText[];
  /** Timers that are not enabled and started. */
  idle: ReadonlySet<string>;
  /** Jobs whose last time has passed. */
  over: ReadonlySet<string>;
}

/** The condition of each job's timer. */
export function timerConditions(timed: readonly TimedJob[], sides: TimerSides): Map<string, TimerCondition> {
  const drift = new Map(driftOf(sides).map(({ name, drift: how }) => [name, how]));
  const found = new Map(sides.found.map(({ name, text }) => [name, text]));
  const wanted = new Map(sides.wanted.map(({ name, text }) => [name, text]));
  return new Map(
    timed.map(({ job }) => {
      const condition = conditionOf(namesOf(job.name, sides, wanted), { drift, found, wanted, idle: sides.idle });
      return [job.name, condition === "ok" && sides.over.has(job.name) ? "over" : condition];
    }),
  );
}

function namesOf(job: string, { kind, source }: TimerSides, wanted: ReadonlyMap<string, string>): string[] {
  if (kind === "crontab") return [CRONTAB_BLOCK];
  if (kind === "cron.d") return [source.prefix];
  const unit = unitName(source, job);
  return [`${unit}.service`, `${unit}@.service`, `${unit}.timer`].filter((name) => wanted.has(name));
}

interface Known {
  drift: ReadonlyMap<string, "edited" | "missing">;
  found: ReadonlyMap<string, string>;
  wanted: ReadonlyMap<string, string>;
  idle: ReadonlySet<string>;
}

function conditionOf(names: readonly string[], { drift, found, wanted, idle }: Known): TimerCondition {
  if (names.some((name) => drift.get(name) === "edited")) return "changed by hand";
  if (names.some((name) => drift.get(name) === "missing")) return "missing";
  if (names.some((name) => !found.has(name))) return "not installed";
  if (names.some((name) => found.get(name) !== wanted.get(name))) return "outdated";
  return names.some((name) => idle.has(name)) ? "not enabled" : "ok";
}
