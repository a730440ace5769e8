import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { errnoCode, isJobctlError, JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { makeDemoDatabase } from "../job-api/app-database/demo-database.ts";
import { styleFor } from "../output/style.ts";
import { makeFolder } from "../system/make-folder.ts";
import { readNamed, reasonOf } from "../system/trusted-file.ts";
import { DEMO_MARK, demoManifest } from "./demo-manifest.ts";

export interface DemoOptions extends GlobalOptions {
  users: number;
  directory: string;
}

/** Makes a database to try jobctl on, runs token-cleanup with the real program and shows what happened. Resolves with that run's exit code. */
export async function demo({ users, directory }: DemoOptions, context: CommandContext): Promise<number> {
  const { stdout, cwd, env } = context;
  const folder = resolve(cwd, directory);
  const shown = (path: string): string => `./${relative(cwd, path)}`;
  const { bold, dim } = await styleFor(stdout, env);

  const database = join(folder, "var/app.db");
  const rows = await makeDatabase(database, users, context);
  stdout.write(`Made ${bold(shown(database))}: ${tellRows(rows)}.\n`);
  const manifest = provideManifest(folder);
  stdout.write(`${manifest.written ? "Wrote" : "Using"} ${bold(shown(manifest.path))}.\n`);

  const call = (...args: string[]): number => {
    stdout.write(`\n${dim("$")} ${bold(`jobctl ${args.join(" ")}`)}\n`);
    const program = [join(context.packageRoot, "bin/jobctl.js"), ...args, "--manifest", manifest.path];
    const { status } = spawnSync(context.nodePath, program, { stdio: "inherit", cwd: folder, env: { ...env } });
    return status ?? EXIT.failed;
  };
  const exitCode = call("run", "token-cleanup", "--verbose");
  call("history");
  // Where `npm run demo` was typed, in a clone, nothing is installed: npx finds the program.
  const program = env["npm_lifecycle_event"] ? "npx jobctl" : "jobctl";
  stdout.write(`\n${whatNext(program, bold, needsName(context, manifest) ? manifest.path : undefined)}`);
  return exitCode;
}

/** What the system or the database refuses is no bug of ours: a folder that can't be written, a disk without room. */
async function makeDatabase(path: string, users: number, { now, packageRoot }: CommandContext): ReturnType<typeof makeDemoDatabase> {
  try {
    makeFolder(dirname(path));
    return await makeDemoDatabase(path, { users, now: new Date(now()), schema: join(packageRoot, "jobs/schema") });
  } catch (error) {
    if (isJobctlError(error) || errnoCode(error) === undefined) throw error;
    const hint = "is there room, and may you write there? --directory names another place";
    throw new JobctlError("config", `${path} can't be made: ${reasonOf(error)}; ${hint}`, error);
  }
}

function tellRows(tables: readonly { table: string; amount: number }[]): string {
  const [shown, others] = [tables.slice(0, TABLES_NAMED), tables.slice(TABLES_NAMED)];
  const more = others.reduce((sum, { amount }) => sum + amount, 0);
  return [...shown.map(({ table, amount }) => `${amount} ${table}`), `and ${more} rows in ${others.length} other tables`].join(", ");
}

const TABLES_NAMED = 6;

/** jobctl.yaml, which is written where there is none; where a person has one of their own, that stays, and the demo's lies in var/. */
function provideManifest(folder: string): { path: string; own: boolean; written: boolean } {
  const usual = join(folder, "jobctl.yaml");
  const own = existsSync(usual) && !isDemos(usual);
  const path = own ? join(folder, "var/jobctl.yaml") : usual;
  const written = !existsSync(path);
  if (written) writeFileSync(path, own ? demoManifest("app.db", "state") : demoManifest("var/app.db", "var/state"));
  return { path, own, written };
}

function isDemos(path: string): boolean {
  try {
    return readNamed(path).bytes.toString().startsWith(DEMO_MARK);
  } catch {
    return false;
  }
}

/** jobctl finds ./jobctl.yaml by itself, but not for root, nor in another folder. */
function needsName({ uid, cwd }: CommandContext, { path, own }: { path: string; own: boolean }): boolean {
  return uid === 0 || own || join(cwd, "jobctl.yaml") !== path;
}

function whatNext(jobctl: string, bold: (text: string) => string, manifest: string | undefined): string {
  const lines: [string, string][] = [
    [`${jobctl} list`, "the jobs of this manifest"],
    [`${jobctl} run session-cleanup --dry-run`, "count what it would delete"],
    [`${jobctl} run token-cleanup --help`, "a job's schedule, limits and parameters"],
    [`${jobctl} show 1`, "everything known of a run"],
    [`${jobctl} logs token-cleanup`, "what its last run printed"],
  ];
  const width = Math.max(...lines.map(([command]) => command.length));
  const first = manifest ? `So that the next commands find it:\n  ${bold(`export JOBCTL_MANIFEST=${manifest}`)}\n` : "";
  return `${first}Next:\n${lines.map(([command, meaning]) => `  ${bold(command.padEnd(width))}  ${meaning}\n`).join("")}`;
}
