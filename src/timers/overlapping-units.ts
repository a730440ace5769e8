import { serviceHead, serviceSection } from "./service-unit.ts";
import { execArgument, unitWord } from "./system-unit-quote.ts";
import type { TimedJob, TimerSource, TimerTarget } from "./target.ts";
import { jobTitle, unitName, unitOf } from "./unit-text.ts";

/** What the timer of a job that may overlap starts: it only starts an instance, under the id of this very start. */
export function launcherUnit(timed: TimedJob, source: TimerSource, { systemctl, scope }: TimerTarget): string {
  const { job } = timed;
  const manager = scope === "user" ? ["--user"] : [];
  const call = [systemctl, ...manager, "--no-block", "start"].map(execArgument).join(" ");
  return unitOf(serviceHead(timed, `Starts a run of ${jobTitle(job)}`, source), [
    "[Service]",
    "Type=oneshot",
    // systemd puts the id in: the one place of a unit of ours where a variable is meant.
    `ExecStart=${call} ${unitName(source, job.name)}@\${INVOCATION_ID}.service`,
    "TimeoutStartSec=60s",
  ]);
}

/** One run. The timer did not start it itself, so it is told whose trigger it is. */
export function instanceUnit(timed: TimedJob, source: TimerSource, target: TimerTarget): string {
  const { job } = timed;
  const trigger = `Environment=${unitWord(`TRIGGER_UNIT=${unitName(source, job.name)}.timer`)}`;
  const head = [...serviceHead(timed, jobTitle(job), source), "CollectMode=inactive-or-failed"];
  return unitOf(head, [...serviceSection(timed, source, target), trigger]);
}
