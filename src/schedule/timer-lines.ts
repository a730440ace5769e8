/** What a timer is told. */
export interface TimerLines {
  lines: string[];
  /** True where it wakes more often than the job is due: `jobctl run` then decides (run.md: a slot that is not served). */
  wakesMore: boolean;
  /** How late a run may start, in milliseconds, where the timer can't say the time exactly. */
  lateBy?: number;
}
