import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { errnoCode, JobctlError } from "../../errors.ts";
import type { JobContext } from "../job-context.ts";
import { type Dialect, dialectOf } from "./open-database.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface BackUp {
  url: string;
  path: string;
  context: JobContext;
  environment: Environment;
  pgDump: string;
}

export async function backUp(asked: BackUp): Promise<void> {
  return dialectOf(asked.url) === "sqlite" ? backUpSqlite(asked) : dumpPostgres(asked);
}

interface Check {
  dialect: Dialect;
  path: string;
  context: JobContext;
  environment: Environment;
  pgRestore: string;
}

export async function checkBackUp(asked: Check): Promise<void> {
  return asked.dialect === "sqlite" ? checkSqlite(asked.path) : checkDump(asked);
}

const load = createRequire(import.meta.filename);

function openCopy(path: string, readonly: boolean) {
  const Sqlite = load(`better-sqlite3/${platform()}-${arch()}`) as typeof import("better-sqlite3");
  return new Sqlite(path, { fileMustExist: true, readonly, timeout: 30_000 });
}

/** Of 4 KiB: between two steps the run can be cancelled. */
const PAGES_A_STEP = 2000;

/**
 * The open read transaction keeps one snapshot: without it the copy begins anew whenever another process writes
 * (https://www.sqlite.org/backup.html). The copy leaves WAL mode, so that it is one file.
 */
async function backUpSqlite({ url, path, context: { signal, progress } }: BackUp): Promise<void> {
  const source = openCopy(url.slice("sqlite:".length), true);
  try {
    source.exec("BEGIN; SELECT 1 FROM sqlite_schema");
    await source.backup(path, {
      progress({ totalPages, remainingPages }) {
        signal.throwIfAborted();
        progress(totalPages - remainingPages, totalPages);
        return PAGES_A_STEP;
      },
    });
  } finally {
    source.close();
  }
  const copy = openCopy(path, false);
  copy.pragma("journal_mode = DELETE");
  copy.close();
}

function checkSqlite(path: string): void {
  const copy = openCopy(path, true);
  try {
    const found = copy.pragma("integrity_check(3)") as { integrity_check: string }[];
    const text = found.map(({ integrity_check }) => integrity_check).join("; ");
    if (text !== "ok") throw new JobctlError("failed", `${path} is no sound copy: ${text}`);
  } finally {
    copy.close();
  }
}

/** The password goes by the environment: everybody on the host can read a program's arguments. */
async function dumpPostgres({ url, path, context: { signal, progress }, environment, pgDump }: BackUp): Promise<void> {
  const target = new URL(url);
  const password = decodeURIComponent(target.password);
  target.password = "";
  progress(0, undefined, "pg_dump");
  const args = ["--format=custom", `--file=${path}`, "--no-password", `--dbname=${target.href}`];
  await run(pgDump, args, { signal, env: { ...environment, ...(password ? { PGPASSWORD: password } : {}) }, parameter: "pgDump" });
}

/** The list tells that it is a dump; only reading it to its end tells that it is whole. */
async function checkDump({ path, context: { signal }, environment: env, pgRestore }: Check): Promise<void> {
  const list = await run(pgRestore, ["--list", path], { signal, env, parameter: "pgRestore" });
  if (!/TOC Entries: [1-9]/.test(list)) throw new JobctlError("failed", `${path} holds nothing to restore`);
  await run(pgRestore, ["--file=/dev/null", path], { signal, env, parameter: "pgRestore" });
}

/** Resolves with what the program printed. A cancelled run ends it. */
async function run(
  program: string,
  args: string[],
  { signal, env, parameter }: { signal: AbortSignal; env: Environment; parameter: string },
): Promise<string> {
  const { execFile } = load("node:child_process") as typeof import("node:child_process");
  return new Promise((resolve, reject) => {
    execFile(program, args, { signal, env: { ...env }, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (signal.aborted) return reject(signal.reason as Error);
      reject(
        errnoCode(error) === "ENOENT"
          ? noProgram(program, parameter)
          : new JobctlError("failed", `${program}: ${stderr.trim() || error.message}`),
      );
    });
  });
}

function noProgram(program: string, parameter: string): JobctlError {
  return new JobctlError(
    "config",
    `there is no program ${program}; install PostgreSQL's client programs (postgresql-client), or say in with.${parameter} where it is`,
  );
}
