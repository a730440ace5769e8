import { appendFileSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { history, type HistoryOptions } from "../../src/commands/history.ts";
import { logs, type LogsOptions } from "../../src/commands/logs.ts";
import { show } from "../../src/commands/show.ts";
import type { CommandContext } from "../../src/context.ts";
import { formatLogLine } from "../../src/log-line.ts";
import { tryLock } from "../../src/system/file-lock.ts";
import { historyWorld, record, temporaryFolder, type HistoryWorld } from "../helpers/history.ts";
import { FAILURE, NOW, runStart } from "../helpers/run-records.ts";

const MANIFEST = `version: 1
timezone: Europe/Berlin
jobs:
  token-cleanup: { command: ["true"] }
  dump: { command: ["true"], schedule: { type: cron, expression: "0 3 * * *", timezone: Asia/Kolkata } }
`;

let world: HistoryWorld & { folder: string };
beforeEach(() => {
  const folder = temporaryFolder("jobctl-look-");
  writeFileSync(join(folder, "jobctl.yaml"), MANIFEST);
  mkdirSync(join(folder, "state"), { mode: 0o700 });
  world = { ...historyWorld(join(folder, "state")), folder };
});

/** A process's context, with what it has printed. */
function context(columns?: number) {
  const printed = { out: "", err: "" };
  const made: CommandContext = {
    env: { HOME: world.folder, JOBCTL_CACHE_DIR: join(world.folder, "cache") },
    cwd: world.folder,
    uid: process.getuid?.() ?? 0,
    now: () => NOW + 3 * 3_600_000,
    stdout: { write: (text) => void (printed.out += text), isTerminal: false, columns },
    stderr: { write: (text) => void (printed.err += text), isTerminal: false, columns },
    programVersion: "0.1.0",
    packageRoot: "/",
    nodePath: process.execPath,
  };
  return { ...made, printed };
}
const place = () => ({ manifest: join(world.folder, "jobctl.yaml"), stateDir: world.stateDir });
const asked = (some: Partial<HistoryOptions> = {}): HistoryOptions => ({
  ...place(),
  failed: false,
  limit: 20,
  json: false,
  ndjson: false,
  ...some,
});
const askedLogs = (run: string, some: Partial<LogsOptions> = {}): LogsOptions => ({
  ...place(),
  run,
  follow: false,
  stderr: false,
  timestamps: false,
  ...some,
});

/** A log as a run writes it; its descriptor, locked as by a supervisor. */
function log(name: string, ...lines: [stream: "stdout" | "stderr" | "jobctl", text: string][]) {
  const path = join(world.stateDir, `${name}.log`);
  const text = lines.map(([stream, each], index) => formatLogLine({ at: NOW + index * 1000, stream, full: true, text: each })).join("");
  writeFileSync(path, `{"jobctl":1}\n${text}`);
  const fd = openSync(path, "a");
  tryLock(fd);
  return { path, fd };
}

/** The run of a supervisor that lives no more; its log is locked as long as somebody holds it. */
const begun = (logPath: string) => world.book().begin(runStart({ logPath }));

/** A run that is over. */
const ended = (path: string) => record(world.book(), undefined, { logPath: path });

describe("history", () => {
  test("shows the newest runs first, in each job's zone, with their age and what became of them", async () => {
    const book = world.book();
    record(book, undefined, { startedAt: NOW - 60_000 });
    record(book, FAILURE, { job: "dump" });
    const { printed, ...rest } = context();
    expect(await history(asked(), rest)).toBe(0);
    expect(printed).toEqual({
      err: "",
      out: [
        "ID  JOB            STATUS       STARTED                          AGE  TOOK  DETAIL",
        " 2  dump           ✗ failed     2026-11-22 08:30:00 GMT+5:30  3h ago  1.5s  exit code 3",
        " 1  token-cleanup  ✓ succeeded  2026-11-22 03:59:00 CET       3h ago  1.5s  deleted 12",
        "",
      ].join("\n"),
    });
  });

  test("prints an array of objects, or one object per line, with instants in UTC", async () => {
    record(world.book());
    const [array, lines] = [context(), context()];
    await history(asked({ json: true }), array);
    await history(asked({ ndjson: true }), lines);
    const [run] = JSON.parse(array.printed.out);
    expect(run).toMatchObject({
      id: 1,
      job: "token-cleanup",
      status: "succeeded",
      reason: null,
      exitCode: 0,
      signal: null,
      trigger: "manual",
      startedAt: "2026-11-22T03:00:00.000Z",
      finishedAt: "2026-11-22T03:00:01.500Z",
      durationMs: 1500,
      attempts: 1,
      result: { deleted: 12 },
      error: null,
    });
    expect(lines.printed.out).toBe(`${JSON.stringify(run)}\n`);
  });

  test("says that there is nothing, and prints an empty array for machines", async () => {
    const [people, machine] = [context(), context()];
    expect([await history(asked(), people), await history(asked({ json: true, job: "dump", failed: true }), machine)]).toEqual([0, 0]);
    expect(people.printed).toEqual({ out: "", err: "no runs yet; start one: jobctl run <job>\n" });
    expect(machine.printed).toEqual({ out: "[]\n", err: "no run of dump matches\n" });
  });

  test("shows a run that nobody supervises as crashed, without writing it", async () => {
    const { path, fd } = log("a", ["stdout", "hello"]);
    begun(path);
    const [running, crashed, failed] = [context(), context(), context()];
    await history(asked({ json: true }), running);
    closeSync(fd);
    await history(asked({ json: true, status: ["crashed"] }), crashed);
    await history(asked({ json: true, status: ["running"] }), failed);
    expect(JSON.parse(running.printed.out)[0]).toMatchObject({ status: "running", reason: null });
    expect(JSON.parse(crashed.printed.out)[0]).toMatchObject({ status: "crashed", reason: "the machine was restarted while it ran" });
    expect(failed.printed.out).toBe("[]\n");
    expect(world.book().openRuns("boot", () => false)).toHaveLength(1);
  });

  test("takes a job that only the history knows, and refuses one that nobody knows", async () => {
    record(world.book(), undefined, { job: "retired" });
    const retired = context();
    expect(await history(asked({ job: "retired", json: true }), retired)).toBe(0);
    expect(JSON.parse(retired.printed.out)).toHaveLength(1);
    await expect(history(asked({ job: "retird" }), context())).rejects.toMatchObject({
      code: "usage",
      message: 'unknown job "retird"; did you mean "retired"?',
    });
  });

  test("needs no manifest where the state directory is given", async () => {
    record(world.book());
    rmSync(join(world.folder, "jobctl.yaml"));
    const { printed, ...rest } = context();
    expect(await history(asked(), rest)).toBe(0);
    expect(printed.out).toContain("STARTED (UTC)");
    await expect(history({ ...asked(), stateDir: undefined as never }, rest)).rejects.toThrow(
      /\(--state-dir <dir> shows past runs without a manifest\)$/,
    );
  });
});

describe("show", () => {
  test("shows everything known of a run, and what to type next", async () => {
    const { path } = log("a");
    record(world.book(), { status: "failed", reason: "error", error: "Error: no\n    at x", result: { deleted: 1 } }, { logPath: path });
    const { printed, ...rest } = context();
    expect(await show({ ...place(), run: "1", json: false }, rest)).toBe(0);
    expect(printed.err).toBe("");
    for (const part of [
      "✗ failed  token-cleanup  run 1\nError: no\n\n",
      "started    2026-11-22 04:00:00 CET (3h ago)\n",
      'result:\n  {\n    "deleted": 1\n  }\n',
      "error:\n  Error: no\n      at x\n",
      "the end of its output:\n  done\n",
      "jobctl logs 1 ",
    ]) {
      expect(printed.out).toContain(part);
    }
  });

  test("takes a job's name for its latest run, and says so", async () => {
    const book = world.book();
    for (const startedAt of [NOW, NOW + 1]) record(book, undefined, { startedAt });
    const { printed, ...rest } = context();
    await show({ ...place(), run: "token-cleanup", json: true }, rest);
    expect([JSON.parse(printed.out).id, printed.err]).toEqual([2, "the latest run of token-cleanup:\n"]);
  });

  test.each([
    ["7", "there is no run 7 (any more); jobctl history lists those there are"],
    ["dump", "there is no run of dump yet; start one: jobctl run dump"],
    ["dmp", 'unknown job "dmp"; did you mean "dump"?'],
  ])("refuses %s: %s", async (run, message) => {
    await expect(show({ ...place(), run, json: false }, context())).rejects.toMatchObject({ code: "usage", message });
  });
});

describe("logs", () => {
  test("prints what a run printed, and jobctl's own remarks beside it", async () => {
    ended(log("a", ["stdout", "one"], ["stderr", "two"], ["jobctl", "succeeded"]).path);
    const [all, errors] = [context(), context()];
    await logs(askedLogs("1"), all);
    await logs(askedLogs("1", { stderr: true, timestamps: true }), errors);
    expect(all.printed).toEqual({ out: "one\ntwo\n", err: "jobctl: succeeded\n" });
    expect(errors.printed.out).toBe("2026-11-22 04:00:01 CET  two\n");
  });

  test("follows a running one to its end", async () => {
    const { path, fd } = log("a", ["stdout", "one"]);
    begun(path);
    const { printed, ...rest } = context();
    const following = logs(askedLogs("token-cleanup", { follow: true }), rest);
    setTimeout(() => appendFileSync(path, formatLogLine({ at: NOW, stream: "stdout", full: true, text: "two" })), 300);
    setTimeout(() => {
      appendFileSync(path, formatLogLine({ at: NOW, stream: "stdout", full: false, text: "three" }));
      closeSync(fd);
    }, 600);
    expect(await following).toBe(0);
    expect(printed).toEqual({ out: "one\ntwo\nthree\n", err: "jobctl: run 1, the latest of token-cleanup:\n" });
  });

  test("stops following when nobody reads any more", async () => {
    begun(log("a", ["stdout", "one"]).path);
    const { printed, ...rest } = context();
    await logs(askedLogs("1", { follow: true }), { ...rest, stdout: { ...rest.stdout, problem: new Error("EPIPE") } });
    expect(printed.out).toBe("");
  });

  test("prints the end that history keeps where the log is gone", async () => {
    ended(join(world.stateDir, "gone.log"));
    const { printed, ...rest } = context();
    await logs(askedLogs("1"), rest);
    expect(printed).toEqual({
      out: "done\n",
      err: "jobctl: run 1 has no log any more; this is the end of its output, as history keeps it\n",
    });
  });
});
