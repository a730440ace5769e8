import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonDocument } from "../output/json.ts";
import { renderSchedule } from "../output/schedule-page.ts";
import { styleFor } from "../output/style.ts";
import { scheduleFromText } from "../schedule/parse-schedule.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { type ScheduleExplanation, explainSchedule } from "../views/explain-schedule.ts";
import { hereZone, hostZone } from "./zones.ts";

export interface ScheduleOptions extends GlobalOptions {
  expression: string;
  timezone?: string;
  job?: string;
  json: boolean;
}

/** Explains an expression that need not be in any manifest. */
export async function schedule(options: ScheduleOptions, context: CommandContext): Promise<number> {
  const { expression, timezone = context.env.CRON_TIMEZONE ?? "UTC", job } = options;
  const parsed = scheduleFromText(expression, timezone, job);
  if (!parsed.ok) throw new JobctlError("usage", parsed.problem);
  const point = { from: context.now(), host: hostZone(), here: hereZone(context.env) };
  const explanation: ScheduleExplanation = {
    ...explainSchedule(expression, parsed.schedule, point),
    elsewhere: await elsewhere(expression, parsed.schedule, point.from),
  };
  context.stdout.write(options.json ? jsonDocument(explanation) : renderSchedule(explanation, await styleFor(context.stdout, context.env)));
  return EXIT.ok;
}

async function elsewhere(expression: string, parsed: Schedule, from: number): Promise<string | null> {
  if (parsed.kind !== "cron") return null;
  const { secondOpinion } = await import("../schedule/second-opinion.ts");
  return secondOpinion(expression, parsed, from) ?? null;
}
