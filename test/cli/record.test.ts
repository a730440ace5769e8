import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { until, type World, world } from "../helpers/world.ts";

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

const change = (w: World, sql: string): void => {
  const database = new Database(`${w.stateDir}/history.db`);
  database.exec(sql);
  database.close();
};
const isRunning = (w: World, name: string): boolean =>
  w.exists(`state/locks/${name}.lock`) && w.read(`state/locks/${name}.lock`).includes('"child"');

describe("a run's name", () => {
  it("is one key for its row, its log, its environment and its record in the spool, and no two are the same", async () => {
    const w = world('hello: { shell: echo "$JOBCTL_RUN_KEY $JOBCTL_RUN_ID" }');
    for (let n = 0; n < 3; n++) await w.jobctl(["run", "hello"]);
    const runs = await w.runs();
    const keys = runs.map(({ key }) => String(key));
    expect(new Set(keys).size).toBe(3);
    expect(readdirSync(`${w.stateDir}/logs/hello`).toSorted()).toEqual(keys.map((key) => `${key}.log`).toSorted());
    for (const { key, id } of runs) {
      expect(key).toMatch(/^[0-9a-z]{8}-[0-9a-f]{16}$/);
      expect(w.read(`state/logs/hello/${String(key)}.log`)).toContain(`stdout F ${String(key)} ${String(id)}\n`);
    }
    change(w, "PRAGMA user_version = 999");
    await w.jobctl(["run", "hello"]);
    const spooled = readdirSync(`${w.stateDir}/spool`).find((name) => name.endsWith(".json"));
    expect(w.exists(`state/logs/hello/${spooled?.replace(".json", ".log")}`)).toBe(true);
  });

  it("is a number for people, which no other run ever gets", async () => {
    const w = world("hello: { shell: echo hello }");
    for (let n = 0; n < 2; n++) await w.jobctl(["run", "hello"]);
    change(w, "DELETE FROM runs WHERE id = 2");
    await w.jobctl(["run", "hello"]);
    expect((await w.runs()).map(({ id }) => id)).toEqual([1, 3]);
    expect((await w.jobctl(["show", "3"])).stdout).toMatch(/^✓ succeeded {2}hello {2}run 3$/m);
  });
});

describe("the record of a run", () => {
  it("is on disk before the child starts: the child finds its own row running and its log with it as the header", async () => {
    const w = world(`
      curious:
        command: [python3, look.py]
    `);
    w.write(
      "look.py",
      `import json, os, sqlite3
key = os.environ["JOBCTL_RUN_KEY"]
row = sqlite3.connect("state/history.db").execute("SELECT status, log_path FROM runs WHERE key = ?", [key]).fetchone()
header = json.loads(open(row[1]).readline())
print(row[0], header["key"] == key, header["job"], header["trigger"])
`,
    );
    expect((await w.jobctl(["run", "curious", "--verbose"])).stdout).toBe("running True curious manual\n");
  });

  it("keeps where it comes from: manifest, program, host, user, boot, process, trigger", async () => {
    const w = world("hello: { shell: echo hello }");
    await w.jobctl(["run", "hello"], { INVOCATION_ID: "971ecf90544d4629bdc78e19461a14d7" });
    const [run] = await w.runs();
    expect(run).toMatchObject({ trigger: "manual" });
    expect(run?.["provenance"]).toEqual({
      manifestDigest: expect.stringMatching(/^[0-9a-f]{13}$/),
      programVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      host: hostname(),
      user: userInfo().username,
      bootId: execFileSync("cat", ["/proc/sys/kernel/random/boot_id"], { encoding: "utf8" }).trim(),
      supervisorPid: expect.any(Number),
      supervisorStart: expect.any(Number),
      invocationId: "971ecf90544d4629bdc78e19461a14d7",
    });
  });

  it("is crashed by the next run where nobody supervises it, with what is known of why", async () => {
    const w = world("slow: { command: [sleep, '30'] }\nother: { shell: 'true' }");
    const run = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    run.child.kill("SIGKILL");
    await run.ended;
    const { child } = JSON.parse(w.read("state/locks/slow.lock")) as { child: { pid: number } };
    cleanUps.push(() => process.kill(child.pid, "SIGKILL"));
    expect((await w.jobctl(["history"])).stdout).toMatch(/slow +✗ crashed/);
    expect(w.rows("SELECT status FROM runs")).toEqual([{ status: "running" }]);
    await w.jobctl(["run", "other"]);
    const reason = (): unknown => w.rows("SELECT reason FROM runs WHERE id = 1")[0];
    expect(reason()).toEqual({ reason: `its supervisor was killed; pid ${child.pid} was still running` });
    change(w, "UPDATE runs SET status = 'running', reason = NULL, boot_id = 'another' WHERE id = 1");
    await w.jobctl(["run", "other"]);
    expect(reason()).toEqual({ reason: "the machine was restarted while it ran" });
  });

  it("is whole although the log can't be written, and the job runs", async () => {
    const w = world("hello: { shell: echo hello; exit 3 }");
    mkdirSync(`${w.stateDir}/logs`, { recursive: true, mode: 0o700 });
    writeFileSync(`${w.stateDir}/logs/hello`, "not a folder");
    const { code, stderr } = await w.jobctl(["run", "hello"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/no log can be written \(ENOTDIR.*\); the run goes on without one/);
    expect(stderr).toContain("--- the end of its output ---\nhello\n");
    expect(await w.runs()).toMatchObject([{ status: "failed", exitCode: 3, outputTail: "hello\n" }]);
  });

  it("holds the last 4 KiB of the output", async () => {
    const w = world("loud: { command: [seq, '1', '5000'] }");
    await w.jobctl(["run", "loud"]);
    const tail = String((await w.runs())[0]?.["outputTail"]);
    expect([tail.length, tail.endsWith("\n4999\n5000\n")]).toEqual([4096, true]);
  });

  it("is on disk before the lock is free: who waits for the lock finds it ended", async () => {
    const w = world(`
      slow:
        shell: while [ ! -e go ]; do sleep 0.02; done; python3 -c 'import sqlite3; print(sqlite3.connect("state/history.db").execute("SELECT status FROM runs ORDER BY id").fetchall())'
        overlap: wait
    `);
    const first = w.start(["run", "slow"]);
    await until(() => isRunning(w, "slow"));
    const second = w.start(["run", "slow", "--verbose"]);
    await until(() => w.exists("state/locks/slow.queue"));
    w.write("go", "");
    await first.ended;
    expect((await second.ended).stdout).toBe("[('succeeded',), ('running',)]\n");
  });

  it("says so where the history could not be written and its slot was therefore not claimed", async () => {
    const now = new Date();
    const w = world(`tick: { shell: echo, schedule: "${now.getUTCMinutes()} ${now.getUTCHours()} * * *" }`);
    await w.jobctl(["run", "tick"]);
    const [{ user_version: version } = {}] = w.rows<{ user_version: number }>("PRAGMA user_version");
    change(w, "PRAGMA user_version = 999");
    expect((await w.jobctl(["run", "tick", "--scheduled-for", now.toISOString()])).code).toBe(0);
    // A newer history is not written; what is due can't be asked of it either, so that it is taken as on time.
    const triggered = await w.jobctl(["run", "tick", "--trigger", "cron"]);
    expect(triggered.code).toBe(0);
    change(w, `PRAGMA user_version = ${version}`);
    await w.jobctl(["run", "tick"]);
    const runs = (await w.runs()).map(({ trigger, detail }) => [trigger, detail]);
    expect(runs).toContainEqual([
      "cron",
      "the history could not be written when it began, so another run may have been started for the same slot",
    ]);
  });
});

describe("the history", () => {
  it("is one SQLite file in WAL mode with strict tables and numbered migrations", async () => {
    const w = world("hello: { shell: echo hello }");
    await w.jobctl(["run", "hello"]);
    expect(w.rows("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    const tables = w.rows<{ name: string; strict: number }>("PRAGMA table_list").filter(({ name }) => !name.startsWith("sqlite_"));
    expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["jobs", "runs", "attempts", "job_state"]));
    expect(tables.filter(({ strict }) => strict !== 1)).toEqual([]);
    expect(w.rows<{ user_version: number }>("PRAGMA user_version")[0]?.user_version).toBeGreaterThan(0);
  });

  it("is not needed for a pause, nor for a drain: both outlive its loss", async () => {
    const w = world("hello: { shell: touch began }");
    await w.jobctl(["drain", "--wait", "0s"]);
    rmSync(`${w.stateDir}/history.db`, { force: true });
    await w.jobctl(["run", "hello"]);
    expect(w.exists("began")).toBe(false);
  });
});

describe("a bug in jobctl", () => {
  it("ends with 70, with its stack and how to report it", async () => {
    const w = world("hello: { shell: echo hello, cwd: odd }");
    const bug = w.write(
      "bug.cjs",
      `const fs = require("node:fs");
       const { statSync } = fs;
       fs.statSync = (path, ...rest) => {
         if (String(path).endsWith("/odd")) throw new TypeError("no such thing");
         return statSync(path, ...rest);
       };`,
    );
    const { code, stderr } = await w.jobctl(["run", "hello"], { NODE_OPTIONS: `--require=${bug}` });
    expect(code).toBe(70);
    expect(stderr).toMatch(/TypeError: no such thing\n +at /);
    expect(stderr).toMatch(/report/);
  });
});
