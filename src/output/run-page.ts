import type { PastAttempt, Run } from "../run.ts";
import { statusLook, type Style } from "./looks.ts";
import { renderFields } from "./table.ts";
import { oneLine, plainText, wrap } from "./text.ts";
import { formatAge, formatDuration, formatTime } from "./times.ts";
import { formatSize } from "../units.ts";
import { tookOf } from "./run-table.ts";

export interface PageLook {
  /** Columns of the terminal; without it no line is broken. */
  width: number | undefined;
  style: Style;
  now: number;
  /** The zone of the run's job. */
  zone: string;
  /** Where there was more than one. */
  attempts: readonly PastAttempt[];
  /** The runs that are parts of this one, each with what became of it. */
  parts: readonly { part: Run; why: string }[];
  /** What became of the run, beyond its status, in one line. */
  why: string;
  /** The log's path, with a remark where it is no longer there. */
  log: string | null;
  /** Commands worth typing next, with what they do. */
  next: readonly (readonly [command: string, does: string])[];
}

/** Everything that is known of a run, for people. */
export function renderRunPage(run: Run, look: PageLook): string {
  const { style, attempts, width } = look;
  const { text, colour } = statusLook(run.status, run.warn);
  const headline = `${style[colour](text)}  ${style.bold(run.job)}  ${style.dim(`run ${run.id}`)}`;
  const reason = look.why === "" ? "" : `${wrap(oneLine(look.why), width ?? Infinity)}\n`;
  const facts = factsOf(run, look).filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
  const blocks = [
    ["organizations", look.parts.length === 0 ? null : look.parts.map((each) => partLine(each, look)).join("\n")],
    ["attempts", attempts.length === 0 ? null : attempts.map((attempt) => attemptLine(attempt, look)).join("\n")],
    ["result", run.result === null ? null : JSON.stringify(run.result, null, 2)],
    ["parameters", run.parameters === null ? null : JSON.stringify(run.parameters, null, 2)],
    ["error", run.error],
    ["the end of its output", run.outputTail],
  ] as const;
  return [
    `${headline}\n${reason}`,
    renderFields(facts, style.dim, width),
    ...blocks
      .filter(([, content]) => content !== null && content.trim() !== "")
      .map(([title, content]) => block(title, content ?? "", style)),
    look.next.length === 0
      ? ""
      : renderFields(
          look.next.map(([command, does]) => [command, style.dim(does)]),
          style.cyan,
          width,
        ),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

function factsOf(run: Run, { now, zone, log }: PageLook): (readonly [string, string | null])[] {
  const { provenance } = run;
  const time = (instant: number | null): string | null =>
    instant === null ? null : `${formatTime(instant, { zone })} (${formatAge(instant, now)})`;
  return [
    [run.count > 1 ? "first seen" : "started", time(run.startedAt)],
    ["last seen", run.count > 1 ? `${time(run.lastSeenAt)}, ${run.count} times` : null],
    [run.status === "crashed" ? "noticed" : "finished", run.status === "skipped" ? null : time(run.finishedAt)],
    ["took", took(run, now)],
    ["CPU time", run.cpuMs === null ? null : formatDuration(run.cpuMs)],
    ["memory", run.peakMemory === null ? null : `${formatSize(run.peakMemory)} at most, as far as seen`],
    ["exit code", run.exitCode === null ? null : String(run.exitCode)],
    ["signal", run.signal],
    ["trigger", run.trigger],
    ["for", run.scheduledFor === run.startedAt ? null : formatTime(run.scheduledFor, { zone })],
    ["note", run.status === "skipped" || run.status === "cancelled" ? null : run.detail],
    ["organization", run.organization],
    ["part of", run.parentId === null ? null : `run ${run.parentId}`],
    ["only", run.onlyOrganizations?.join(", ") ?? null],
    ["by", `${provenance.user}@${provenance.host}, pid ${provenance.supervisorPid}`],
    ["with", `jobctl ${provenance.programVersion}, manifest ${provenance.manifestDigest}`],
    ["boot", provenance.bootId],
    ["invocation", provenance.invocationId ?? null],
    ["key", run.key],
    ["log", log],
  ];
}

function partLine({ part, why }: PageLook["parts"][number], { now }: PageLook): string {
  const words = [`run ${part.id}`, part.organization ?? "", part.status, tookOf(part, now), usedBy(part), oneLine(why)];
  return words.filter((word) => word !== "").join("  ");
}

function usedBy({ cpuMs, peakMemory }: Run): string {
  const used = [cpuMs === null ? "" : `${formatDuration(cpuMs)} CPU`, peakMemory === null ? "" : formatSize(peakMemory)];
  return used.filter((word) => word !== "").join(", ");
}

function attemptLine({ number, startedAt, finishedAt, status, exitCode, error }: PastAttempt, { zone }: PageLook): string {
  const how = error ?? (exitCode === null ? "" : `exit code ${exitCode}`);
  return `${number}  ${formatTime(startedAt, { zone })}  ${formatDuration(finishedAt - startedAt)}  ${status}  ${oneLine(how)}`;
}

function took(run: Run, now: number): string {
  const time = tookOf(run, now);
  if (time === "") return "";
  const attempts = run.attempts > 1 ? `, ${run.attempts} attempts` : "";
  return run.status === "running" ? `${time} so far` : `${time}${attempts}`;
}

function block(title: string, content: string, style: Style): string {
  return `${style.dim(`${title}:`)}\n${plainText(content)
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? "" : `  ${line}`))
    .join("\n")}\n`;
}
