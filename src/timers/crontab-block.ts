import { crontabLines } from "../schedule/crontab-lines.ts";
import { isProblem } from "../schedule/schedule.ts";
import { crontabQuote } from "./crontab-quote.ts";
import { dueCall, runCall } from "./run-call.ts";
import { shellQuote } from "./shell-quote.ts";
import type { TextFile, TimedJob, TimerSource, TimerTarget } from "./target.ts";

/** The lines that begin and end what is ours in a crontab. */
function blockMarks({ prefix, manifestPath }: Pick<TimerSource, "prefix" | "manifestPath">): { begin: string; end: string } {
  return { begin: `# BEGIN ${prefix} ${manifestPath}`, end: `# END ${prefix} ${manifestPath}` };
}

/**
 * Our part of a user's crontab, from mark to mark. It sets no variables, which would hold for the lines below it too
 * (crontab(5)); so each command begins with env(1). Jobs that cron can't start are in the fidelity report, not here.
 */
export function crontabBlock(source: TimerSource, target: TimerTarget): string {
  return block(source, target, "");
}

/** A file for /etc/cron.d, in which every line names its user. Its name must have no dot (cron(8)). */
export function cronDFile(source: TimerSource, target: TimerTarget): TextFile {
  return { name: source.prefix, text: block(source, target, `${target.user} `) };
}

function block(source: TimerSource, target: TimerTarget, user: string): string {
  const { begin, end } = blockMarks(source);
  const lines = source.timed.flatMap((timed) => jobLines(timed, { source, target, user }));
  const boot = `@reboot ${user}${command(dueCall(source, target), source)}`;
  return [begin, "# Made by jobctl install-timers: change the manifest, not these lines.", ...lines, boot, end]
    .map((line) => `${line}\n`)
    .join("");
}

/** The lines of one job; none where cron can't start it. */
function jobLines(
  { job, schedule }: TimedJob,
  { source, target, user }: { source: TimerSource; target: TimerTarget; user: string },
): string[] {
  const found = crontabLines(schedule, target.host);
  if (isProblem(found)) return [];
  const call = command(runCall(source, target, { job: job.name, trigger: "cron" }), source);
  return found.lines.map((times) => `${times} ${user}${call}`);
}

/** Absolute and the same for every shell that the crontab may name. */
function command(call: readonly string[], { environment }: TimerSource): string {
  return crontabQuote(`/usr/bin/env JOBCTL_ENV=${shellQuote(environment)} ${call.map(shellQuote).join(" ")}`);
}
