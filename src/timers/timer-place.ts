import type { FoundText, TimerChange } from "./install-plan.ts";
import type { TextFile } from "./target.ts";
import type { StateOf, TimerStates } from "./timer-states.ts";

/** What is to be done in one place. */
export interface TimerWork {
  changes: TimerChange[];
  /** How each timer was that is to be enabled, started, stopped or disabled, and how it is to be. */
  before: TimerStates;
  after: TimerStates;
}

/** One step of an apply: whole, or not begun, when the process is killed between two. */
export interface Step {
  name: string;
  run(): Promise<void>;
}

/** Of a place whose texts are all that there is: nothing is enabled or started there. */
export const TEXTS_ONLY: Pick<TimerPlace, "states" | "check" | "ready"> = {
  states: async () => () => undefined,
  check: async () => undefined,
  ready: () => undefined,
};

/** Where timers can be: a systemd manager's folder, a user's crontab, /etc/cron.d. */
export interface TimerPlace {
  /** Names its record: `systemd-system`, `crontab-ada`. */
  id: string;
  /** For people. */
  title: string;
  /** What is there with our mark, and under these names. */
  find(names: readonly string[]): Promise<FoundText[]>;
  /** How each timer is: of a name, undefined where that is no timer, or where the texts are all that there is. */
  states(): Promise<StateOf>;
  /** Says what is wrong with texts before anything is placed. Throws JobctlError("config"). */
  check(texts: readonly TextFile[]): Promise<void>;
  /** Throws JobctlError("unavailable") where this can't be done now. */
  ready(work: TimerWork): void;
  /** What puts the texts there; each refuses where the text found is not the one that the plan saw. */
  put(work: TimerWork): Step[];
  /** What makes the scheduler take them. */
  activate(work: TimerWork): Step[];
  /** Takes the work back, from wherever it stopped. What somebody changed meanwhile stays. */
  putBack(work: TimerWork): Promise<void>;
}
