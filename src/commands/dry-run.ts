import type { CommandContext, RunOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { prepareChild } from "../running/child-command.ts";
import { environmentOf } from "../running/attempts.ts";
import type { RunRequest } from "../running/run-request.ts";

/** What a command or shell job would start: shown, never started. Of the environment only the names: values may be secret. */
export function printDryRun(request: RunRequest, { json }: RunOptions, { stdout, now }: CommandContext): number {
  const { argv } = prepareChild(request, { attempt: 1, runId: null, now: now(), previousError: null });
  const environment = Object.keys(environmentOf(request, { attempt: 1, runId: null, previousError: null })).toSorted();
  const list = request.organizations?.list;
  const plan = { job: request.job.name, dryRun: true, argv, cwd: request.cwd, environment, ...(list ? { organizations: list } : {}) };
  if (json) stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
  else {
    stdout.write(`${request.job.name} would start:\n  command      ${argv.map(quote).join(" ")}\n`);
    stdout.write(`  folder       ${plan.cwd}\n  environment  ${environment.join(" ")}\n`);
    if (list) stdout.write(`  once for     each organization of: ${list.query ?? list.command?.map(quote).join(" ")}\n`);
  }
  return EXIT.ok;
}

const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
