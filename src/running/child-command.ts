import { REQUEST_VARIABLE, type HostRequest } from "./host/protocol.ts";
import type { RunRequest } from "./run-request.ts";

/** The argument vector of the child, and what its environment gets on top of every job's. */
export interface ChildCommand {
  argv: readonly [string, ...string[]];
  env: Record<string, string>;
}

export interface ChildAttempt {
  /** 1 for the first. */
  attempt: number;
  runId: number | null;
  /** Milliseconds since the epoch. */
  now: number;
  previousError: string | null;
}

export function prepareChild(request: RunRequest, attempt: ChildAttempt): ChildCommand {
  const { argv, env } = workCommand(request, attempt);
  return { argv: request.runAs === undefined ? argv : becomeUser(request.runAs, argv), env };
}

/** setpriv(1) sets the supplementary groups too, which Node's `uid` option loses. */
export function becomeUser({ uid, gid }: { uid: number; gid: number }, argv: readonly string[]): [string, ...string[]] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", ...argv];
}

function workCommand(request: RunRequest, attempt: ChildAttempt): ChildCommand {
  const { work } = request.job;
  switch (work.kind) {
    case "command":
      return { argv: work.argv, env: {} };
    case "shell":
      return { argv: ["/bin/sh", "-c", work.script], env: {} };
    case "module":
      return { argv: hostArgv(request), env: { [REQUEST_VARIABLE]: JSON.stringify(hostRequest(request, attempt)) } };
    default:
      return work satisfies never;
  }
}

/**
 * What a job makes for each row is garbage at once: with V8's own larger nursery (this one has 4 MB) a job over many rows peaked at 180 MB.
 * Where there are no rows and no limit it is left out: any flag of V8's is a fortieth of a start.
 */
const SMALL_NURSERY = "--max-semi-space-size=4";

function hostArgv({ program, job, database }: RunRequest): [string, ...string[]] {
  const { maxMemory } = job.resources;
  const heap = maxMemory === undefined ? [] : [`--max-old-space-size=${Math.max(16, Math.floor(maxMemory / 1024 / 1024))}`];
  const nursery = database === null && maxMemory === undefined ? [] : [SMALL_NURSERY];
  return [program.node, ...nursery, ...heap, program.host];
}

function hostRequest(request: RunRequest, { attempt, runId, now, previousError }: ChildAttempt): HostRequest {
  const { job, start, module = "", parameters, dryRun, database, mail, folder, organizationsQuery } = request;
  return {
    module,
    job: job.name,
    runKey: start.key,
    runId,
    params: parameters,
    now: request.asOf ?? now,
    scheduledFor: start.scheduledFor,
    previousSlot: request.previousSlot,
    attempt,
    previousError,
    dryRun,
    force: request.staticFacts.force,
    database,
    mail,
    folder,
    organization: start.organization ?? null,
    ...(job.organizations?.column === undefined ? {} : { organizationColumn: job.organizations.column }),
    ...(organizationsQuery === undefined ? {} : { organizationsQuery }),
    stateDir: request.stateDir,
    cacheFolder: request.program.cache,
  };
}
