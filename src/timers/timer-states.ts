import type { TimerChange } from "./install-plan.ts";
import type { TimerWork } from "./timer-place.ts";

/** How a timer is: taken at the next boot, running now. */
export interface TimerState {
  enabled: boolean;
  active: boolean;
}

/** By the names of the timers. */
export type TimerStates = Readonly<Record<string, TimerState>>;

export const ON: TimerState = { enabled: true, active: true };
export const OFF: TimerState = { enabled: false, active: false };

/** The present state of a timer; undefined for what is none. */
export type StateOf = (name: string) => TimerState | undefined;

/** Those of these timers that are not both enabled and started. */
export function idleTimers(names: readonly string[], stateOf: StateOf): Set<string> {
  const idle = names.filter((name) => {
    const state = stateOf(name);
    return state !== undefined && !(state.enabled && state.active);
  });
  return new Set(idle);
}

export interface StateGoal {
  names: ReadonlySet<string>;
  stateOf: StateOf;
  /** How a timer that stays is to be. */
  wanted(name: string, now: TimerState): TimerState;
}

/** The work that makes the changes and brings the timers to their states; those that go are stopped and disabled first. */
export function timerWork(changes: TimerChange[], { names, stateOf, wanted }: StateGoal): TimerWork {
  const removed = new Set(changes.flatMap(({ name, after }) => (after === null ? [name] : [])));
  const before: Record<string, TimerState> = {};
  const after: Record<string, TimerState> = {};
  for (const name of names) {
    const now = stateOf(name);
    if (now === undefined) continue;
    const then = removed.has(name) ? OFF : wanted(name, now);
    if (then.enabled === now.enabled && then.active === now.active) continue;
    before[name] = now;
    after[name] = then;
  }
  return { changes, before, after };
}

/** What changes from one set of states to another. */
export interface StateChanges {
  enable: string[];
  disable: string[];
  start: string[];
  stop: string[];
}

export function stateChanges(from: TimerStates, to: TimerStates): StateChanges {
  const names = Object.keys(to);
  const becomes = (key: keyof TimerState, value: boolean): string[] =>
    names.filter((name) => to[name]?.[key] === value && from[name]?.[key] !== value);
  return {
    enable: becomes("enabled", true),
    disable: becomes("enabled", false),
    start: becomes("active", true),
    stop: becomes("active", false),
  };
}
