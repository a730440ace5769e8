import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestDatabase } from "./databases.ts";
import { NOW } from "./host.ts";
import { JOBCTL, ROOT, type Started, startProgram } from "./world.ts";

export interface EntryRun {
  status: string;
  exitCode: number;
  result: Record<string, unknown> & { failures?: { item: string; error: string }[] };
  error?: string;
  reason?: string;
  detail?: string;
}

export interface EntryOptions {
  /** The run's clock, in milliseconds. */
  now?: number;
  /** The manifest's `mail:`. */
  mail?: string;
  dryRun?: boolean;
  set?: Record<string, string>;
}

/** Runs an entry of jobs/manifest.yaml through the built program, with a state directory of its own. */
export async function runEntry(name: string, data: TestDatabase, options: EntryOptions = {}): Promise<EntryRun> {
  const { stdout, stderr } = await startEntry(name, data, options).ended;
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout) as EntryRun;
}

export function startEntry(name: string, { url }: TestDatabase, { now = NOW, mail, dryRun, set = {} }: EntryOptions): Started {
  const stateDir = mkdtempSync(join(tmpdir(), "jobctl-entry-"));
  const args = ["run", name, "--json", "--manifest", join(ROOT, "jobs/manifest.yaml"), "--state-dir", stateDir];
  const asOf = ["--scheduled-for", new Date(now).toISOString(), "--force"];
  const more = [...(dryRun ? ["--dry-run"] : []), ...Object.entries(set).flatMap(([key, value]) => ["--set", `${key}=${value}`])];
  const env = {
    PATH: process.env["PATH"] ?? "",
    DATABASE_URL: url,
    JOBCTL_CACHE_DIR: join(stateDir, "cache"),
    SMTP_URL: mail ?? `file:${stateDir}/mail`,
  };
  return startProgram([JOBCTL, ...args, ...asOf, ...more], { cwd: ROOT, env });
}

/** Kills the supervisor and then its worker, as a power cut would. */
export function killRun({ pid }: Started): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim().split(" ").map(Number);
  for (const each of [pid, ...children]) process.kill(each, "SIGKILL");
}
