import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { spoolRecord } from "../../src/history/spool.ts";
import { historyWorld } from "../helpers/history.ts";
import { isRoot } from "../helpers/hosts.ts";
import { runEnd, runStart } from "../helpers/run-records.ts";
import { isAlive, JOBCTL, until, world } from "../helpers/world.ts";

if (!isRoot) console.warn("left out: runs on a full disk and on a read-only one, which need root");

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

const failing = `
  failing:
    shell: echo it ran >> ran; exit 3
`;

/** A state directory on a file system of its own. */
function smallDisk(stateDir: string): { fill(): void; free(): void } {
  mkdirSync(stateDir);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", stateDir]);
  cleanUps.push(() => execFileSync("umount", [stateDir]));
  const filler = join(stateDir, "filler");
  return {
    fill() {
      const fd = openSync(filler, "w");
      try {
        for (;;) writeFileSync(fd, Buffer.alloc(4096));
      } catch {
        closeSync(fd);
      }
    },
    free: () => rmSync(filler),
  };
}

describe("a history that can't be written", () => {
  it.runIf(isRoot)("on a full disk: the job runs, its exit code stays the job's, and the record is there once there is room", async () => {
    const w = world(failing);
    const disk = smallDisk(w.stateDir);
    expect((await w.jobctl(["run", "failing"])).code).toBe(3);
    disk.fill();
    for (let n = 0; n < 3; n++) expect((await w.jobctl(["run", "failing"])).code).toBe(3);
    expect(w.read("ran")).toBe("it ran\n".repeat(4));
    disk.free();
    expect((await w.jobctl(["run", "failing"])).code).toBe(3);
    expect((await w.runs()).map(({ status, exitCode }) => [status, exitCode])).toEqual(Array.from({ length: 5 }, () => ["failed", 3]));
  });

  it.runIf(isRoot)("on a full disk: the log goes on once there is room, and a pause says why there is none", async () => {
    const w = world(`
      talk:
        shell: yes | head -n 5000; touch talked; while [ ! -e heard ]; do echo again; sleep 0.05; done
    `);
    const disk = smallDisk(w.stateDir);
    await w.jobctl(["list"]);
    disk.fill();
    const run = w.start(["run", "talk"]);
    await until(() => w.exists("talked"));
    expect(await w.jobctl(["pause", "talk"])).toMatchObject({
      code: 78,
      stderr: `jobctl: ${w.stateDir}/paused/talk.json: cannot be written (ENOSPC: no space left on device, write); nothing is paused\n`,
    });
    disk.free();
    const [log = ""] = readdirSync(join(w.stateDir, "logs/talk"));
    await until(() => w.read(`state/logs/talk/${log}`).includes("again"));
    w.write("heard", "");
    expect(await run.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("the log is not whole (ENOSPC") });
  });

  it.runIf(isRoot).each(["wait", "replace"])("on a full disk: overlap: %s still gets its turn", async (overlap) => {
    const w = world(`
      slow:
        shell: echo it ran >> ran; while [ ! -e go ]; do sleep 0.02; done
        overlap: ${overlap}
    `);
    const disk = smallDisk(w.stateDir);
    const first = w.start(["run", "slow"]);
    await until(() => w.exists("ran") && w.read("state/locks/slow.lock").includes('"child"'));
    disk.fill();
    const second = w.start(["run", "slow"]);
    if (overlap === "wait") await until(() => w.exists("state/locks/slow.queue"));
    else expect((await first.ended).signal).toBe("SIGTERM");
    w.write("go", "");
    expect((await second.ended).code).toBe(0);
    await first.ended;
    expect(w.read("ran")).toBe("it ran\nit ran\n");
  });

  it("because it is no database: it is kept under another name, a new one begins, and the run is in it", async () => {
    const w = world(failing);
    mkdirSync(w.stateDir);
    writeFileSync(join(w.stateDir, "history.db"), "this is no database, but long enough to be read as one".repeat(100));
    const { code, stderr } = await w.jobctl(["run", "failing"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/the history was damaged \(.*\); it is kept as .*history\.db\.damaged-/);
    expect(await w.runs()).toMatchObject([{ status: "failed", exitCode: 3 }]);
    expect(readdirSync(w.stateDir).some((name) => name.startsWith("history.db.damaged-"))).toBe(true);
  });

  it("because a newer program made it: it stays untouched, the record waits in the spool, and readers are told", async () => {
    const w = world(failing);
    await w.jobctl(["run", "failing"]);
    const path = join(w.stateDir, "history.db");
    const database = new Database(path);
    const version = database.pragma("user_version", { simple: true });
    database.pragma("user_version = 999");
    database.close();
    const { code, stderr } = await w.jobctl(["run", "failing"]);
    expect(code).toBe(3);
    expect(stderr).toContain("written by a newer jobctl");
    expect(readdirSync(join(w.stateDir, "spool")).filter((name) => name.endsWith(".json"))).toHaveLength(1);
    const read = await w.jobctl(["history"]);
    expect(read.code).not.toBe(0);
    expect(read.stderr).toContain("newer");
    const back = new Database(path);
    back.pragma(`user_version = ${version}`);
    back.close();
    await w.jobctl(["run", "failing"]);
    expect((await w.runs()).map(({ status }) => status)).toEqual(["failed", "failed", "failed"]);
  });

  it("while somebody holds it locked: the job runs after five seconds, and its record is there afterwards", async () => {
    const w = world(failing);
    await w.jobctl(["run", "failing"]);
    const locker = new Database(join(w.stateDir, "history.db"));
    locker.exec("BEGIN IMMEDIATE");
    const run = w.start(["run", "failing"]);
    await until(() => w.read("ran") === "it ran\nit ran\n");
    await new Promise((resolve) => setTimeout(resolve, 500));
    locker.exec("ROLLBACK");
    locker.close();
    expect((await run.ended).code).toBe(3);
    expect((await w.runs()).map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("while somebody holds it locked: a skip waits for nobody, and is there for whoever looks later", async () => {
    const w = world(`
      busy:
        shell: while [ ! -e go ]; do sleep 0.02; done
    `);
    const first = w.start(["run", "busy"]);
    await until(() => w.exists("state/locks/busy.lock") && w.read("state/locks/busy.lock").includes('"child"'));
    const locker = new Database(join(w.stateDir, "history.db"));
    locker.exec("BEGIN IMMEDIATE");
    for (let n = 0; n < 3; n++) expect((await w.jobctl(["run", "busy"])).code).toBe(75);
    const early = await w.jobctl(["history"]);
    expect([early.code, early.stderr]).toEqual([
      0,
      expect.stringMatching(/^jobctl: records of runs wait in .*\/spool \(database is locked\)/),
    ]);
    locker.exec("ROLLBACK");
    locker.close();
    expect(await w.runs()).toMatchObject([{ status: "running" }, { status: "skipped", reason: "locked", count: 3 }]);
    w.write("go", "");
    expect((await first.ended).code).toBe(0);
  });

  it("at a run's end: who looks sees how it ended, and no crash", async () => {
    const w = world(failing);
    await w.jobctl(["run", "failing"]);
    const book = historyWorld(w.stateDir).book();
    const start = runStart({ job: "failing" });
    book.begin(start);
    const statuses = async () => (await w.runs()).map(({ status }) => status).toSorted();
    expect(await statuses()).toEqual(["crashed", "failed"]);
    spoolRecord(w.stateDir, { start, end: runEnd(start) });
    expect(await statuses()).toEqual(["failed", "succeeded"]);
    expect(readdirSync(join(w.stateDir, "spool"))).toEqual(["reserve"]);
  });

  it.runIf(isRoot)("because the state directory is read-only: nothing starts, 73", async () => {
    const w = world(failing);
    mkdirSync(w.stateDir);
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", w.stateDir]);
    cleanUps.push(() => execFileSync("umount", [w.stateDir]));
    const { code, stderr } = await w.jobctl(["run", "failing"]);
    expect(code).toBe(73);
    expect(stderr).toMatch(/no lock can be made \(EROFS.*\); nothing was run\. Make the state directory writable\.\n$/);
    expect(w.exists("ran")).toBe(false);
  });
});

describe("many at once and killed at any moment", () => {
  it("200 runs at one instant, the first ones of a fresh state directory, are 200 rows and no error", async () => {
    const names = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    const w = world(names.map((name) => `  ${name}: { command: ["/bin/true"] }`).join("\n"));
    const ends = await Promise.all(names.map((name) => w.jobctl(["run", name])));
    expect(ends.filter(({ code, stderr }) => code !== 0 || stderr !== "")).toEqual([]);
    expect(w.rows("SELECT status, count(*) AS count FROM runs GROUP BY status")).toEqual([{ status: "succeeded", count: 200 }]);
  });

  it("kill -9 of the supervisor leaves no run running, no lock held and no damage, and loses no finished run", async () => {
    const repeats = Number(process.env.JOBCTL_TEST_KILLS ?? 30);
    const w = world(`
      victim:
        shell: echo "$JOBCTL_RUN_KEY" >> started; sleep 0.05; echo "$JOBCTL_RUN_KEY" >> finished
    `);
    await w.jobctl(["run", "victim"]);
    let finished = 1;
    for (let n = 0; n < repeats; n++) {
      const run = w.start(["run", "victim"]);
      const delay = (n / repeats) * 250;
      setTimeout(() => run.child.kill("SIGKILL"), delay);
      if ((await run.ended).code === 0) finished++;
    }
    await until(() => !childAlive(w.read("state/locks/victim.lock")));
    expect((await w.jobctl(["run", "victim"])).code).toBe(0);
    finished++;
    const rows = w.rows<{ status: string; count: number }>("SELECT status, count(*) AS count FROM runs GROUP BY status");
    const count = (status: string): number => rows.find((row) => row.status === status)?.count ?? 0;
    expect(count("running")).toBe(0);
    expect(count("succeeded")).toBeGreaterThanOrEqual(finished);
    expect(w.rows("PRAGMA integrity_check")).toEqual([{ integrity_check: "ok" }]);
    const keys = w.rows<{ key: string }>("SELECT key FROM runs").map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set([...keys, ...w.read("started").trim().split("\n")]));
  });
});

function childAlive(holder: string): boolean {
  if (holder === "") return false;
  const { child } = JSON.parse(holder) as { child?: { pid: number } };
  return child !== undefined && isAlive(child.pid);
}

describe("a terminal that nobody reads", () => {
  it("(Ctrl-S) holds up neither the timeout, nor the record, nor the exit", async () => {
    const w = world(`
      loud:
        shell: yes
        timeout: 1s
    `);
    // script(1) gives jobctl a terminal; SIGSTOP to script is a terminal that nobody reads.
    const script = spawn("script", ["-qec", `${process.execPath} ${JOBCTL} run loud`, "/dev/null"], {
      cwd: w.dir,
      env: w.env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    script.stdout.on("data", () => {});
    await until(() => w.exists("state/logs/loud"));
    script.kill("SIGSTOP");
    await until(() => w.rows("SELECT 1 FROM runs WHERE status = 'timed-out'").length === 1, "the time-out");
    const pid = w.rows<{ pid: number }>("SELECT supervisor_pid AS pid FROM runs")[0]?.pid ?? 0;
    await until(() => !isAlive(pid), "the exit");
    script.kill("SIGKILL");
  });
});
