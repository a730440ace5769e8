import type { Job } from "../job.ts";
import type { Holder } from "./job-lock.ts";
import type { RunRequest } from "./run-request.ts";

/** What a lock tells of the run that holds it. */
export function holderOf({ job, start }: RunRequest): Holder {
  const { supervisorPid, supervisorStart } = start.provenance;
  return {
    key: start.key,
    runId: null,
    job: job.name,
    startedAt: start.startedAt,
    supervisor: { pid: supervisorPid, start: supervisorStart },
    command: describeWork(job),
    logPath: start.logPath,
    killAfter: job.killAfter,
    ...(start.organization === undefined ? {} : { organization: start.organization }),
    ...(job.timeout === undefined ? {} : { deadline: start.startedAt + job.timeout + job.killAfter }),
  };
}

export function describeWork({ work }: Job): string {
  switch (work.kind) {
    case "command":
      return work.argv.join(" ");
    case "shell":
      return `sh -c ${JSON.stringify(work.script)}`;
    case "module":
      return work.uses;
    default:
      return work satisfies never;
  }
}
