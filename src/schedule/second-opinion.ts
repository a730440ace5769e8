import { CronExpressionParser } from "cron-parser";
import { nextOccurrences } from "./occurrences.ts";
import type { CronSchedule } from "./schedule.ts";
import { wallText } from "./wall-time.ts";
import { wallTime } from "./zone-clock.ts";

/**
 * What cron-parser, which most Node schedulers use, makes of the same expression: a sentence where it differs from cron, and
 * so from jobctl, or undefined. For people who bring their schedules along; never for a decision.
 */
export function secondOpinion(expression: string, schedule: CronSchedule, from: number): string | undefined {
  const ours = nextOccurrences(schedule, from, 50);
  const theirs = readings(expression, schedule.zone.name, { from, count: ours.length });
  if (typeof theirs === "string") return `cron-parser refuses it: ${theirs}`;
  const index = ours.findIndex((at, place) => at !== theirs[place]);
  if (index < 0) return undefined;
  const [our, their] = [ours[index], theirs[index]];
  const show = (at: number | undefined): string => (at === undefined ? "nothing" : wallText(wallTime(schedule.zone, at)));
  return `cron-parser reads it differently: it has ${show(their)} where cron and jobctl have ${show(our)}`;
}

function readings(expression: string, tz: string, { from, count }: { from: number; count: number }): number[] | string {
  try {
    const parsed = CronExpressionParser.parse(expression, { tz, currentDate: new Date(from) });
    return Array.from({ length: count }, () => parsed.next().getTime());
  } catch (error) {
    return (error as Error).message;
  }
}
