import { onCalendarLines } from "../schedule/on-calendar.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { TimedJob, TimerSource } from "./target.ts";
import { timeSpan, timerTitle, unitHead, unitOf } from "./unit-text.ts";

/** Jobs of one schedule share its lines. */
const known = new WeakMap<Schedule, string[]>();

function calendarLines(schedule: Schedule): string[] {
  const lines = known.get(schedule) ?? onCalendarLines(schedule).lines.map((line) => `OnCalendar=${line}`);
  known.set(schedule, lines);
  return lines;
}

/** The timer that starts a job's service. */
export function timerUnit(timed: TimedJob, source: TimerSource): string {
  const { job, schedule } = timed;
  const jitter = job.schedule?.jitter ?? 0;
  return unitOf(
    unitHead(timerTitle(timed), source),
    [
      "[Timer]",
      ...calendarLines(schedule),
      // The default, a minute, loses most times of a timer of seconds.
      "AccuracySec=1s",
      `Persistent=${job.schedule?.catchUp === "none" ? "no" : "yes"}`,
      ...(jitter > 0 ? [`RandomizedDelaySec=${timeSpan(jitter)}`, "FixedRandomDelay=yes"] : []),
    ],
    ["[Install]", "WantedBy=timers.target"],
  );
}
