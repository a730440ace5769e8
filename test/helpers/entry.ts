import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";
import type { Dialect } from "../../src/job-api/database/open-database.ts";
import { appDatabase, type TestDatabase } from "./databases.ts";
import { NOW } from "./host.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { JOBCTL, ROOT, type Started, startProgram } from "./world.ts";

const DAY = 86_400_000;
export const MANIFEST = join(ROOT, "jobs/manifest.yaml");

/** The instant so many days before the job's `now`, and then some milliseconds. */
export function daysAgo(days: number, milliseconds = 0): string {
  return new Date(NOW - days * DAY + milliseconds).toISOString();
}

/** One for a file's runs, which need not compile what they run each time. */
const CACHE = join(tmpdir(), `jobctl-entry-cache-${process.pid}`);
afterAll(() => rmSync(CACHE, { recursive: true, force: true }));

const open: TestDatabase[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ db }) => db.destroy()));
});

/** The application's tables, empty, of this test's own. */
export async function database(dialect: Dialect, server?: string): Promise<TestDatabase> {
  const made = await appDatabase(dialect, server);
  open.push(made);
  return made;
}

export const folder = temporaryFolder;

/** A text of the shipped manifest in which whoever runs the tests has every permission, as root has anyway. */
export const permitting = (text: string): string =>
  text.replace("\naccess:\n", `\naccess:\n  user:${userInfo().username}: [system:cleanup, users:manage]\n`);

/** The shipped manifest, or one with another text at one place, in a folder of its own, for whoever runs the tests. */
export function manifestWith(found = "", replaced = ""): string {
  const text = readFileSync(MANIFEST, "utf8");
  if (!text.includes(found)) throw new Error(`${MANIFEST} does not hold ${found}`);
  const path = join(folder(), "manifest.yaml");
  writeFileSync(path, permitting(text.replace(found, replaced)));
  return path;
}

export interface EntryOptions {
  /** The run's clock, in milliseconds. */
  now?: number;
  /** The manifest's `mail:`. */
  mail?: string;
  dryRun?: boolean;
  /** As `--set name=value`. */
  set?: Record<string, string | number>;
  env?: Record<string, string>;
  manifest?: string;
  /** False where the gates and the job's own check are to be asked. */
  force?: boolean;
  /** More of the command line. */
  args?: readonly string[];
  /** A folder of its own when not given. */
  stateDir?: string;
}

/** What `jobctl run --json` tells. */
export interface EntryRun {
  status: string;
  exitCode: number;
  error?: string;
  reason?: string;
  detail?: string;
  result: Record<string, unknown> & { failures?: { item: string; error: string }[] };
}

/** Runs an entry of jobs/manifest.yaml through the built program, as of NOW. */
export async function runEntry(name: string, data: Pick<TestDatabase, "url">, options: EntryOptions = {}): Promise<EntryRun> {
  const { stdout, stderr } = await startEntry(name, data, options).ended;
  if (stdout === "") throw new Error(`jobctl run ${name} printed nothing: ${stderr}`);
  return JSON.parse(stdout) as EntryRun;
}

export function startEntry(
  name: string,
  { url }: Pick<TestDatabase, "url">,
  {
    now = NOW,
    mail,
    dryRun,
    set = {},
    env = {},
    manifest = MANIFEST,
    force = true,
    args: more = [],
    stateDir = folder(),
  }: EntryOptions = {},
): Started {
  const args = ["run", name, "--json", "--manifest", manifest, "--state-dir", stateDir, ...(force ? ["--force"] : [])];
  args.push("--scheduled-for", new Date(now).toISOString(), ...(dryRun ? ["--dry-run"] : []), ...more);
  for (const [key, value] of Object.entries(set)) args.push("--set", `${key}=${value}`);
  return startProgram([JOBCTL, ...args], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"] ?? "", DATABASE_URL: url, SMTP_URL: mail ?? `file:${stateDir}/mail`, JOBCTL_CACHE_DIR: CACHE, ...env },
  });
}

/** Kills the supervisor and then its worker, as a power cut would. */
export function killRun({ pid }: Started): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").map(Number).filter(Boolean);
  for (const each of [pid, ...children]) process.kill(each, "SIGKILL");
}

/** Audit rows that jobs wrote, without what differs from run to run. */
export async function audits({ db }: TestDatabase) {
  const query = db.selectFrom("audit_logs").select(["action", "resource_type", "resource_id", "metadata"]);
  const rows = await query.where("metadata", "like", '{"job":%').orderBy("action").orderBy("resource_id").execute();
  return rows.map(({ metadata, ...row }) => {
    const { job: _job, runId: _runId, runKey: _runKey, ...details } = JSON.parse(metadata ?? "{}") as Record<string, unknown>;
    return Object.assign(row, details);
  });
}
