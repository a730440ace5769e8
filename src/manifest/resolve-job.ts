import { dirname } from "node:path";
import { JobctlError } from "../errors.ts";
import type { Job, Manifest, Work } from "../job.ts";
import { didYouMean } from "../nearest.ts";
import { resolvePath } from "../resolve-path.ts";
import { interpolateAll, type Scope } from "./interpolate.ts";
import { type Caller, envFileVariables, environmentName, scopeOf } from "./scope.ts";

/** A job as it runs here and now: its environment's overlay chosen, every variable put in, paths absolute. */
export interface ResolvedJob {
  job: Job;
  /** The environment's name: production, development, ... */
  environment: string;
  /** The job's own variables, over PATH and the like: the manifest's envFile and `env`, then the job's envFile and `env`. */
  variables: Record<string, string>;
  /** `sqlite:PATH` (absolute) or `postgres://...`. */
  database: string | undefined;
  /** `file:FOLDER` (absolute) or `smtp://...`. */
  mail: string | undefined;
  /** The manifest's folder, absolute. */
  folder: string;
  /** The zone in which this job's times are shown. */
  timezone: string;
}

/** Throws JobctlError("usage") for an unknown job and JobctlError("config") for a variable that is not set. */
export function resolveJob(manifest: Manifest, name: string, caller: Caller): ResolvedJob {
  const variants = Object.hasOwn(manifest.jobs, name) ? manifest.jobs[name] : undefined;
  if (!variants) throw unknownJob(manifest, name);
  return resolved(manifest, variants, { ...caller, outer: outerVariables(manifest, caller) });
}

/** Every job of the manifest, resolved; the manifest's envFile is read once. */
export function resolveJobs(manifest: Manifest, caller: Caller): ResolvedJob[] {
  const outer = outerVariables(manifest, caller);
  return Object.values(manifest.jobs).map((variants) => resolved(manifest, variants, { ...caller, outer }));
}

function outerVariables(manifest: Manifest, { env, uid }: Caller): Record<string, string> {
  return envFileVariables(manifest, manifest.envFile, scopeOf(env), uid);
}

function resolved(
  manifest: Manifest,
  { base, environments }: Manifest["jobs"][string],
  { env, uid, outer }: Caller & { outer: Record<string, string> },
): ResolvedJob {
  const folder = dirname(manifest.path);
  const environment = environmentName(scopeOf(env, outer));
  const raw = (Object.hasOwn(environments, environment) && environments[environment]) || base;
  const own = envFileVariables(manifest, raw.envFile, scopeOf(env, outer), uid);
  const scope = scopeOf(env, own, outer);
  const job = absolutePaths(interpolateJob(raw, scope), folder);
  const { database, mail, env: shared, timezone } = interpolateTop(manifest, scope);
  return {
    job,
    environment,
    variables: { ...outer, ...shared, ...own, ...job.env },
    database: database && absoluteUrl(database, "sqlite:", folder),
    mail: mail && absoluteUrl(mail, "file:", folder),
    folder,
    timezone: job.schedule?.timezone ?? timezone,
  };
}

function unknownJob(manifest: Manifest, name: string): JobctlError {
  const names = Object.keys(manifest.jobs);
  const hint = didYouMean(name, names) || (names.length === 0 ? "; the manifest has no jobs" : "; jobctl list shows the jobs");
  return new JobctlError("usage", `unknown job ${JSON.stringify(name)} (${manifest.path})${hint}`);
}

function interpolateTop({ path, database, mail, env, timezone }: Manifest, scope: Scope) {
  return interpolateAll({ database, mail, env, timezone }, scope, path);
}

/** `command`, `shell` and the hooks read their environment when they run: their text stays as it is. */
function interpolateJob(job: Job, scope: Scope): Job {
  const { work, place, hooks, organizations, ...rest } = job;
  const where = `${place}: jobs.${job.name}`;
  const kept: Work =
    work.kind === "module" ? { kind: "module", ...interpolateAll({ uses: work.uses, with: work.with }, scope, where) } : work;
  const list = organizations?.query === undefined ? organizations : interpolateAll(organizations, scope, `${where}.organizations`);
  return {
    ...interpolateAll(rest, scope, where),
    ...(hooks ? { hooks } : {}),
    work: kept,
    ...(list ? { organizations: list } : {}),
    place,
  };
}

function absolutePaths(job: Job, folder: string): Job {
  const secrets = Object.entries(job.secrets).map(([name, source]) => [name, absoluteUrl(source, "file:", folder)]);
  return {
    ...job,
    cwd: job.cwd === undefined ? folder : resolvePath(folder, job.cwd),
    ...(job.envFile === undefined ? {} : { envFile: resolvePath(folder, job.envFile) }),
    paths: job.paths.map((path) => resolvePath(folder, path)),
    secrets: Object.fromEntries(secrets) as Record<string, string>,
    ...(job.expect?.artifact
      ? { expect: { ...job.expect, artifact: { ...job.expect.artifact, path: resolvePath(folder, job.expect.artifact.path) } } }
      : {}),
  };
}

/** `sqlite:var/app.db` from the manifest's folder; `sqlite::memory:` and URLs with a host stay. */
function absoluteUrl(url: string, scheme: string, folder: string): string {
  if (!url.startsWith(scheme)) return url;
  const path = url.slice(scheme.length);
  return path.startsWith(":") || path.startsWith("//") ? url : scheme + resolvePath(folder, path);
}
