import { scheduleWords } from "../schedule/words.ts";
import { unitText } from "./system-unit-quote.ts";
import type { TimedJob, TimerSource } from "./target.ts";

export function unitName({ prefix }: Pick<TimerSource, "prefix">, job: string): string {
  return `${prefix}-${job}`;
}

/** What stands at the head of each unit of ours; X- keys are free for own data (systemd.unit(5)). */
export function unitHead(description: string, { manifestPath }: Pick<TimerSource, "manifestPath">): string[] {
  return ["[Unit]", `Description=${unitText(description)}`, `X-Jobctl-Manifest=${manifestPath}`];
}

export function jobTitle({ title, description, name }: TimedJob["job"]): string {
  return title ?? description ?? name;
}

export function timerTitle({ job, schedule }: TimedJob): string {
  return `${jobTitle(job)}, ${scheduleWords(schedule)}`;
}

/** Sections as one text. */
export function unitOf(...sections: string[][]): string {
  return sections.map((lines) => `${lines.join("\n")}\n`).join("\n");
}

/** A length of time for systemd.time(7). */
export function timeSpan(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
