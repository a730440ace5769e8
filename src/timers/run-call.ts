import type { TimerSource, TimerTarget } from "./target.ts";

/** The argument list with which a timer calls a job: what the fast path of `jobctl run` takes. */
export function runCall(source: TimerSource, target: TimerTarget, { job, trigger }: { job: string; trigger: "timer" | "cron" }): string[] {
  return [target.node, target.program, "run", "--trigger", trigger, ...placeOptions(source, target), job];
}

/** At boot: what came due while the machine was off. */
export function dueCall(source: TimerSource, target: TimerTarget): string[] {
  return [target.node, target.program, "run", "--due", ...placeOptions(source, target)];
}

function placeOptions({ manifestPath }: TimerSource, { stateDir }: TimerTarget): string[] {
  return ["--manifest", manifestPath, "--state-dir", stateDir];
}
