import { accessSync, constants, statSync } from "node:fs";
import type { CommandContext, RunOptions } from "../context.ts";
import { errnoCode, isJobctlError, JobctlError } from "../errors.ts";
import type { Job, Json, Manifest } from "../job.ts";
import type { Provenance, RunStart, Trigger } from "../run.ts";
import { isPrivateFolder } from "../system/cache-directory.ts";
import { callerNames, findUser, freeBytes, hostname, loadPerCore, timeOfDay } from "../system/host-facts.ts";
import { ownProcess, type ProcessId, newRunKey } from "../system/processes.ts";
import { bootId } from "../system/process-context.ts";
import { reasonOf } from "../system/trusted-file.ts";
import { ownUser, type User } from "../system/users.ts";
import { describePause, pauseOf, readPauses } from "./pauses.ts";
import { resolveModule } from "./resolve-module.ts";
import type { RunRequest, SharedPermits } from "./run-request.ts";
import { readSecrets } from "./secrets.ts";

interface Resolved {
  job: Job;
  environment: string;
  variables: Record<string, string>;
  database: string | undefined;
  mail: string | undefined;
  folder: string;
  timezone: string;
}

export interface RequestSources {
  manifest: Manifest;
  resolved: Resolved;
  options: RunOptions;
  context: CommandContext;
  stateDir: string;
  /** From `--set`. */
  overrides: Record<string, Json>;
  /** Of `--scheduled-for`: the slot before it. */
  previousSlot?: number | null;
  slotsThisMinute: RunRequest["slotsThisMinute"];
  /** What is known to be wrong with the job's set-up. */
  refusal?: string | undefined;
  /** The slot that the run claims, for a triggered run. */
  slot?: { slot: number; previous: number | null; redo: boolean };
  shared?: SharedPermits;
}

/**
 * Gathers everything that one run needs to know. Where the job's set-up is wrong the request says so: the run is recorded, its work not
 * begun, and its slot stays due.
 */
export function buildRequest(sources: RequestSources): RunRequest {
  const { manifest, resolved, options, context, stateDir, overrides, slot } = sources;
  const { job, folder, environment, variables } = resolved;
  const caller = ownUser(context.uid);
  const at = context.now();
  const began = performance.now();
  const refused = sources.refusal === undefined ? [] : [sources.refusal];
  const orRefuse = <Value>(read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      if (!isJobctlError(error) || error.code !== "config") throw error;
      refused.push(error.message);
      return undefined;
    }
  };
  const cwd = orRefuse(() => workFolder(job, folder)) ?? folder;
  const env = (name: string): string | undefined => variables[name] ?? context.env[name];
  const secrets = orRefuse(() => readSecrets(job, { folder, env, uid: context.uid })) ?? {};
  const { work } = job;
  const owner = orRefuse(() => identity(job, caller));
  const asRoot = (owner?.runAs ?? caller).uid === 0;
  const { packageRoot } = context;
  const module = work.kind === "module" ? orRefuse(() => resolveModule(work.uses, { folder, packageRoot, asRoot })) : undefined;
  const cache = `${stateDir}/cache`;
  const hasCache = module !== undefined && owner?.runAs === undefined && isPrivateFolder(cache, context.uid);
  const variants = manifest.jobs[job.name];
  const raw = (variants?.environments[environment] ?? variants?.base)?.work;
  const written = raw?.kind === "module" ? raw.with : undefined;
  const scheduledFor = slot?.slot ?? (options.scheduledFor === undefined ? at : readInstant(options.scheduledFor));
  const key = newRunKey(at);
  const self = ownProcess();
  const start: RunStart & { logPath: string } = {
    key,
    job: job.name,
    trigger: triggerOf(options, job, slot),
    startedAt: at,
    scheduledFor,
    ...(slot && refused.length === 0 ? { slot: slot.slot } : {}),
    ...(slot?.redo ? { redo: true } : {}),
    ...(options.org?.length ? { onlyOrganizations: options.org } : {}),
    ...(written || Object.keys(overrides).length > 0 ? { parameters: { ...written, ...overrides } } : {}),
    provenance: provenanceOf({ manifest, context, user: caller.name, self }),
    logPath: `${stateDir}/logs/${job.name}/${key}.log`,
  };
  return {
    job: owner ? job : withoutHooks(job),
    start,
    began,
    ...(refused.length === 0 ? {} : { refusal: refused.join("\n") }),
    stateDir,
    folder,
    cwd,
    environment,
    variables,
    secrets,
    database: resolved.database ?? null,
    mail: resolved.mail ?? null,
    timezone: resolved.timezone,
    parameters: work.kind === "module" ? { ...work.with, ...overrides } : overrides,
    ...(module === undefined ? {} : { module }),
    ...limitsOf(manifest, job),
    ...organizationsOf(job, options),
    dryRun: options.dryRun,
    ...(sources.shared ? { shared: sources.shared } : {}),
    previousSlot: slot?.previous ?? sources.previousSlot ?? null,
    ...(options.scheduledFor === undefined ? {} : { asOf: scheduledFor }),
    ...(owner ?? { user: caller }),
    program: { node: context.nodePath, host: `${packageRoot}/dist/job/host.cjs`, cache: hasCache ? cache : null },
    childrenTicks: self.childrenTicks,
    staticFacts: {
      now: at,
      slot: slot?.slot ?? at,
      environment,
      force: options.force,
      caller: callerNames,
      access: manifest.access,
      timeOfDay,
    },
    slotsThisMinute: sources.slotsThisMinute,
    stateFacts: (book) => ({
      force: options.force,
      paused() {
        const pause = pauseOf(job, readPauses(stateDir), context.now());
        return pause && describePause(pause, { how: true });
      },
      now: context.now,
      latest: (name) => book.latest(name),
      executions: () => book.executions(job.name),
      loadPerCore,
      free: () => freeBytes([stateDir, cwd]),
    }),
  };
}

/** A trigger without a slot is a start by hand. */
function triggerOf({ dryRun, trigger, scheduledFor }: RunOptions, { work }: Job, slot: object | undefined): Trigger {
  if (dryRun && work.kind === "module") return "dry-run";
  const mechanical = trigger === "timer" || trigger === "cron" || trigger === "boot";
  return mechanical && !slot && scheduledFor === undefined ? "manual" : trigger;
}

/** As whom the child runs. Only root can become somebody else. */
function identity({ security: { runAs }, place, name }: Job, caller: User): Pick<RunRequest, "user" | "runAs"> {
  if (runAs === undefined || runAs === caller.name) return { user: caller };
  const where = `${place}: jobs.${name}.security.runAs`;
  if (caller.uid !== 0) throw new JobctlError("config", `${where}: only root can run a job as "${runAs}"; this is ${caller.name}`);
  const user = findUser(runAs);
  if (!user) throw new JobctlError("config", `${where}: there is no user "${runAs}" on this host; make it, or change runAs`);
  return { user, runAs: user };
}

/** Nothing of a job is run as somebody else than it asks for. */
const withoutHooks = ({ hooks: _hooks, ...job }: Job): Job => job;

/** Without a limit, one after the other. */
function organizationsOf(
  { scope, organizations: list, resources }: Job,
  { org: only = [], force }: RunOptions,
): Pick<RunRequest, "organizations"> {
  if (scope !== "organization" || !list) return {};
  return { organizations: { list, atOnce: resources.concurrencyLimit ?? 1, only, repeatDone: force } };
}

/** The manifest was checked: a job's group is one of its groups. */
function limitsOf({ groups, limits }: Manifest, { group }: Job): Pick<RunRequest, "group" | "hostLimit"> {
  const limit = group === undefined ? undefined : groups[group]?.limit;
  return {
    ...(group === undefined || limit === undefined ? {} : { group: { name: group, limit } }),
    ...(limits.running === undefined ? {} : { hostLimit: limits.running }),
  };
}

function workFolder({ cwd, place, name }: Job, folder: string): string {
  const path = cwd ?? folder;
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      accessSync(path, constants.X_OK);
      return path;
    }
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    throw new JobctlError("config", `${place}: jobs.${name}.cwd: ${path} can't be entered: ${reasonOf(error)}`, error);
  }
  throw new JobctlError("config", `${place}: jobs.${name}.cwd: ${path} is no folder; make it, or change cwd`);
}

/** Of `--scheduled-for`; without a zone it is UTC. */
export function readInstant(text: string): number {
  const value = Date.parse(/[zZ]$|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(value)) throw new JobctlError("usage", `--scheduled-for ${text}: write an instant such as 2026-12-01T03:00:00Z`);
  return value;
}

interface RunOrigin {
  manifest: Manifest;
  context: CommandContext;
  user: string;
  self: ProcessId;
}

function provenanceOf({ manifest, context: { env, programVersion }, user, self }: RunOrigin): Provenance {
  return {
    manifestDigest: manifest.digest,
    programVersion,
    host: hostname(),
    user,
    bootId: bootId(),
    supervisorPid: self.pid,
    supervisorStart: self.start,
    ...(env.INVOCATION_ID ? { invocationId: env.INVOCATION_ID } : {}),
  };
}
