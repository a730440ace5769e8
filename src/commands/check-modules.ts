import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CommandContext } from "../context.ts";
import { isJobctlError } from "../errors.ts";
import type { ModuleDescription } from "../running/host/protocol.ts";
import type { ResolvedJob } from "../manifest/resolve-job.ts";
import { becomeUser } from "../running/child-command.ts";
import { resolveModule } from "../running/resolve-module.ts";
import { findUser } from "../system/host-facts.ts";
import type { User } from "../system/users.ts";

const IMPORT_TIMEOUT = 30_000;

/** What is wrong with the modules of jobs, in words, by job. Each module is imported in a process of its own, a few at a time. */
export async function checkModules(jobs: readonly ResolvedJob[], context: CommandContext): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const waiting = jobs.filter(({ job }) => job.work.kind === "module");
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) found.set(next.job.name, await checkModule(next, context));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return found;
}

async function checkModule(resolved: ResolvedJob, context: CommandContext): Promise<string[]> {
  const { work } = resolved.job;
  try {
    return work.kind === "module" ? (await askModule(resolved, work, context, work.with)).problems : [];
  } catch (error) {
    if (isJobctlError(error)) return [error.message];
    throw error;
  }
}

/**
 * What the module of a job says of itself, and of the parameters where they are given. Root imports it as the user that the job runs as, where this host
 * has that user. Throws JobctlError("config") where there is no such module, or root can't trust it.
 */
export async function askModule(
  { job: { security }, folder }: ResolvedJob,
  { uses }: { uses: string },
  context: CommandContext,
  given?: object,
): Promise<ModuleDescription> {
  const { uid, packageRoot } = context;
  const user = uid === 0 && security.runAs !== undefined ? findUser(security.runAs) : undefined;
  const path = resolveModule(uses, { folder, packageRoot, asRoot: (user?.uid ?? uid) === 0 });
  return describeModule(path, given, context, user);
}

async function describeModule(
  path: string,
  given: object | undefined,
  { nodePath, packageRoot }: CommandContext,
  user: User | undefined,
): Promise<ModuleDescription> {
  const call = [nodePath, join(packageRoot, "dist/job/host.cjs"), "--describe", path, ...(given ? [JSON.stringify(given)] : [])];
  const [program = nodePath, ...args] = user ? becomeUser(user, call) : call;
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: IMPORT_TIMEOUT, killSignal: "SIGKILL" });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as ModuleDescription;
  } catch (error) {
    return { description: null, params: [], hooks: { check: false }, problems: [`${path}: can't be imported: ${failureOf(error)}`] };
  }
}

function failureOf(error: unknown): string {
  const { killed, stderr } = error as { killed?: boolean; stderr?: string };
  if (killed) return `it did not end within ${IMPORT_TIMEOUT / 1000} s; a module must not work before its run is called`;
  return (stderr ?? "").split("\n").find((line) => /^\S*Error\b/.test(line)) ?? "it ended the process or printed over its description";
}
