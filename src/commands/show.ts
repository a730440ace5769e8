import { existsSync } from "node:fs";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { attemptJson, jsonDocument, partJson, runJson } from "../output/json.ts";
import { renderRunPage } from "../output/run-page.ts";
import { styleFor } from "../output/style.ts";
import type { Run } from "../run.ts";
import { namesOneRun, partsOf } from "../views/runs.ts";
import { why } from "../views/why.ts";
import { theRun } from "./find-run.ts";
import { openPastRuns } from "./open-history.ts";

export interface ShowOptions extends GlobalOptions {
  run: string;
  json: boolean;
}

export async function show(options: ShowOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env, now } = context;
  const past = await openPastRuns(options, context);
  const run = theRun(past, options.run, "any");
  const attempts = past.reader?.attempts(run.id) ?? [];
  const parts = past.reader ? partsOf(past.reader, run, past.supervision) : [];
  past.reader?.close();
  if (!namesOneRun(options.run)) stderr.write(`${(await styleFor(stderr, env)).dim(`the latest run of ${options.run}:`)}\n`);
  if (options.json) {
    stdout.write(jsonDocument({ ...runJson(run), attemptList: attempts.map(attemptJson), parts: parts.map(partJson) }));
    return EXIT.ok;
  }
  for (const sentence of past.pausedNow(run.job)) stderr.write(`jobctl: ${sentence}\n`);
  const hasLog = run.logPath !== null && existsSync(run.logPath);
  stdout.write(
    renderRunPage(run, {
      width: stdout.columns,
      style: await styleFor(stdout, env),
      now: now(),
      zone: past.zoneOf(run.job),
      attempts,
      parts: parts.map((part) => ({ part, why: why(part) })),
      why: why(run),
      log: run.status === "skipped" && !hasLog ? null : run.logPath && (hasLog ? run.logPath : `${run.logPath} (no longer there)`),
      next: nextCommands(run, hasLog),
    }),
  );
  return EXIT.ok;
}

function nextCommands({ id, job, status }: Run, hasLog: boolean): [string, string][] {
  if (status === "running") return hasLog ? [[`jobctl logs -f ${id}`, "follows its output"]] : [];
  if (status === "succeeded") return [];
  const all: [string, string] = [`jobctl history ${job}`, "lists the runs of this job"];
  return hasLog ? [[`jobctl logs ${id}`, "prints all of its output"], all] : [all];
}
