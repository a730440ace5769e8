import { join } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import type { Manifest } from "../job.ts";
import { findManifest } from "../manifest/find-manifest.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJobs } from "../manifest/resolve-job.ts";
import { environmentName, manifestScope } from "../manifest/scope.ts";
import { findProgram } from "../system/find-program.ts";
import { ownUser } from "../system/users.ts";
import type { TimerSource, TimerTarget } from "../timers/target.ts";
import { timerSource } from "../timers/timed-jobs.ts";
import { manifestOptions } from "./manifest-options.ts";
import { runStateDir } from "./run-state-dir.ts";
import { hostZone } from "./zones.ts";

/** What timers are made from, and for. */
export interface TimerSet {
  manifest: Manifest;
  source: TimerSource;
  target: TimerTarget;
  stateDir: string;
}

/** Which manager or table: the system's, or the caller's own. */
export interface ScopeOptions extends GlobalOptions {
  user: boolean;
  system: boolean;
}

/**
 * The jobs as a timer's start will see them: with no variable but JOBCTL_ENV and what an envFile gives. Throws
 * JobctlError("config") where a variable of this shell alone would be missing there.
 */
export async function readTimerSet(options: ScopeOptions, context: CommandContext): Promise<TimerSet> {
  return timerSet(options, context, "strict");
}

/** The same for whoever only looks, or removes: what the shell has that a timer has not does not matter then. */
export async function lookAtTimerSet(options: ScopeOptions, context: CommandContext): Promise<TimerSet> {
  return timerSet(options, context, "lenient");
}

async function timerSet(options: ScopeOptions, context: CommandContext, how: "strict" | "lenient"): Promise<TimerSet> {
  const { env, uid, now } = context;
  // Found by this shell's variables, which the timers need not have for that: they are given its path.
  const manifestFile = findManifest({ ...context, file: options.manifest });
  const taken = new Set<string>();
  const here = { env: recorded(env, taken), uid };
  const manifest = await openManifest({ ...manifestOptions({ manifest: manifestFile }, context), env: here.env });
  const environment = environmentName(manifestScope(manifest, here));
  // A timer has JOBCTL_ENV and nothing else; what comes from this shell all the same is refused.
  const seen = how === "strict" ? recorded({ ...env, JOBCTL_ENV: environment, NODE_ENV: undefined }, taken) : { JOBCTL_ENV: environment };
  const jobs = resolveJobs(manifest, { env: seen, uid }).map(({ job }) => job);
  if (how === "strict") refuseShellVariables(taken, manifest.path);
  const stateDir = runStateDir(manifest, options, context);
  const source = timerSource({ prefix: manifest.prefix, manifestPath: manifest.path, environment, jobs }, now());
  return { manifest, source, stateDir, target: timerTarget(stateDir, options, context) };
}

/** The variables as they are, with a note of each that something was taken from. */
function recorded(env: CommandContext["env"], taken: Set<string>): CommandContext["env"] {
  return new Proxy(env, {
    get(variables, name) {
      const value = Reflect.get(variables, name) as string | undefined;
      if (typeof name === "string" && value !== undefined) taken.add(name);
      return value;
    },
  });
}

/** NODE_ENV may stand for JOBCTL_ENV, which the timers get. */
function refuseShellVariables(taken: ReadonlySet<string>, manifestPath: string): void {
  const names = [...taken].filter((name) => name !== "JOBCTL_ENV" && name !== "NODE_ENV").toSorted();
  if (names.length === 0) return;
  const [what, them] = names.length === 1 ? ["a variable", "it"] : ["variables", "them"];
  throw new JobctlError(
    "config",
    `${manifestPath} uses ${what} of this shell that no timer has: ${names.join(", ")}; put ${them} into the manifest's envFile, or unset ${them} here`,
  );
}

function scopeOf({ user, system }: Pick<ScopeOptions, "user" | "system">, uid: number): "system" | "user" {
  if (user && system) throw new JobctlError("usage", "--user and --system: choose one");
  if (system && uid !== 0) throw new JobctlError("denied", "--system needs root: use sudo, or --user for timers of your own");
  return user || uid !== 0 ? "user" : "system";
}

function timerTarget(stateDir: string, options: ScopeOptions, { env, uid, nodePath, packageRoot }: CommandContext): TimerTarget {
  return {
    node: nodePath,
    program: join(packageRoot, "bin/jobctl.js"),
    systemctl: findProgram("systemctl", env["PATH"]) ?? "/usr/bin/systemctl",
    stateDir,
    host: hostZone(),
    user: ownUser(uid).name,
    scope: scopeOf(options, uid),
  };
}

/** Jobs that timers start as root, since they name no other user. */
export function rootJobs(timed: TimerSource["timed"], { user, scope }: TimerTarget): string[] {
  if (user !== "root" || scope === "user") return [];
  return timed.filter(({ job }) => job.security.runAs === undefined).map(({ job }) => job.name);
}
