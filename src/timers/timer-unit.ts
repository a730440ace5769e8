import { onCalendarLines } from "../schedule/on-calendar.ts";
import type { TimedJob, TimerSource } from "./target.ts";
import { timeSpan, timerTitle, unitHead, unitOf } from "./unit-text.ts";

/** The timer that starts a job's service. */
export function timerUnit(timed: TimedJob, source: TimerSource): string {
  const { job, schedule } = timed;
  const jitter = job.schedule?.jitter ?? 0;
  return unitOf(
    unitHead(timerTitle(timed), source),
    [
      "[Timer]",
      ...onCalendarLines(schedule).lines.map((line) => `OnCalendar=${line}`),
      // The default, a minute, loses most times of a timer of seconds.
      "AccuracySec=1s",
      `Persistent=${job.schedule?.catchUp === "none" ? "no" : "yes"}`,
      ...(jitter > 0 ? [`RandomizedDelaySec=${timeSpan(jitter)}`, "FixedRandomDelay=yes"] : []),
    ],
    ["[Install]", "WantedBy=timers.target"],
  );
}
