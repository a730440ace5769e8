import type { Trigger } from "../run.ts";
import { utcTime } from "../utc-time.ts";

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export interface ChildEnvironment {
  user: { name: string; home: string };
  /** The folder of the running Node, last in PATH, so that `node` is found where it is in nobody's standard folder. */
  nodeFolder: string;
  timezone: string;
  /** envFile, then env. */
  variables: Record<string, string>;
  secrets: Record<string, string>;
  run: {
    key: string;
    id: number | null;
    job: string;
    attempt: number;
    trigger: Trigger;
    scheduledFor: number;
    previousSlot: number | null;
    previousError: string | null;
    environment: string;
    dryRun: boolean;
    parameters: unknown;
    organization?: string;
  };
}

/** The same at the prompt, under cron and in a unit: nothing of the caller's environment reaches the job. */
export function childEnvironment({ user, nodeFolder, timezone, variables, secrets, run }: ChildEnvironment): Record<string, string> {
  return {
    PATH: PATH.split(":").includes(nodeFolder) ? PATH : `${PATH}:${nodeFolder}`,
    HOME: user.home,
    LOGNAME: user.name,
    USER: user.name,
    LANG: "C.UTF-8",
    TZ: timezone,
    ...variables,
    ...secrets,
    JOBCTL_ENV: run.environment,
    JOBCTL_RUN_KEY: run.key,
    ...(run.id === null ? {} : { JOBCTL_RUN_ID: String(run.id) }),
    JOBCTL_JOB: run.job,
    JOBCTL_ATTEMPT: String(run.attempt),
    ...(run.previousError === null ? {} : { JOBCTL_PREVIOUS_ERROR: run.previousError }),
    JOBCTL_TRIGGER: run.trigger,
    JOBCTL_SLOT: utcTime(run.scheduledFor),
    ...(run.previousSlot === null ? {} : { JOBCTL_PREVIOUS_SLOT: utcTime(run.previousSlot) }),
    ...(run.dryRun ? { JOBCTL_DRY_RUN: "1" } : {}),
    ...(run.organization === undefined ? {} : { JOBCTL_ORGANIZATION: run.organization }),
    JOBCTL_PARAMETERS: JSON.stringify(run.parameters),
  };
}
