import { readdirSync, readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isAlive, until, type World, world } from "../helpers/world.ts";

const HOUR = 3_600_000;

const JOBS = `
  good: { shell: "true", schedule: "0 3 * * *" }
  bad: { title: Goes wrong, shell: "echo no >&2; exit 3", schedule: { expression: "0 4 * * 0", timezone: Europe/Berlin } }
  by-hand: { command: ["true"] }
  off: { command: ["true"], schedule: "@daily", enabled: false }
`;

const json = async (w: World, ...args: string[]) =>
  JSON.parse((await w.jobctl(["status", "--json", ...args])).stdout) as Record<string, never>[];

describe("jobctl status", () => {
  it("shows every job before anything has run", async () => {
    const { code, stdout, stderr } = await world(JOBS).jobctl(["status"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // How wide NEXT is depends on the time of day.
    expect(stdout.split("\n").map((line) => line.replace(/\d\d-\d\d \d\d:\d\d in \w+|in \w+/, "SOON").replaceAll(/ {2,}/g, "  ")))
      .toMatchInlineSnapshot(`
        [
          "JOB  LAST RUN  NEXT  SCHEDULE",
          "good  - never  SOON  at 03:00 every day (UTC)",
          "bad  - never  SOON  at 04:00 on Sunday (Europe/Berlin)",
          "by-hand  - never  by hand",
          "off  - never  disabled  at 00:00 every day (UTC)",
          "",
          "4 jobs · nothing to look at · 1 disabled · next: good SOON",
          "",
        ]
      `);
    const [head = "", ...rows] = stdout.split("\n").slice(0, 5);
    expect(rows.map((row) => row.indexOf("- never"))).toEqual(rows.map(() => head.indexOf("LAST RUN")));
    expect(rows.map((row) => row.search(/at 0|by hand/))).toEqual(rows.map(() => head.indexOf("SCHEDULE")));
    const nextEnds = head.indexOf("NEXT") + "NEXT".length;
    expect(rows.filter((row) => !row.includes("by hand")).map((row) => row.search(/ +at 0/))).toEqual([nextEnds, nextEnds, nextEnds]);
  });

  it("tells the last run, its outcome and time, and what to look at", async () => {
    const w = world(JOBS);
    for (const job of ["good", "bad"]) await w.jobctl(["run", job]);
    const { stdout } = await w.jobctl(["status"]);
    expect(stdout).toMatch(/^good {5}✓ succeeded {3}\d+s {2}\d+ms {2}/m);
    expect(stdout).toMatch(/\n✗ failed bad \d+s ago\n {4}exit code 3\n {4}jobctl show 2\n/);
    expect(stdout).toMatch(/\n4 jobs · 1 to look at · 1 disabled · next: /);
    const [good, bad] = await json(w);
    expect(good).toMatchObject({
      job: "good",
      words: "at 03:00 every day",
      last: { id: 1, status: "succeeded" },
      running: [],
      skipped: null,
    });
    expect(bad).toMatchObject({ timezone: "Europe/Berlin", last: { status: "failed", exitCode: 3, why: "exit code 3" } });
    expect(Object.keys(good ?? {})).toEqual("job title enabled schedule words timezone paused next running last skipped missed".split(" "));
  });

  it("shows one job that is named, and knows which names there are", async () => {
    const w = world(JOBS);
    await w.jobctl(["run", "bad"]);
    const { stdout } = await w.jobctl(["status", "bad"]);
    expect(stdout).toMatch(
      /^bad {2}Goes wrong\nschedule {2}at 04:00 on Sunday \(Europe\/Berlin\): 0 4 \* \* 0\nlast run {2}✗ failed .+, run 1\ntook .+\nnext run .+\nmissed {4}none\n\n✗ failed bad/,
    );
    expect(await json(w, "bad")).toHaveLength(1);
    expect(await w.jobctl(["status", "goud"])).toMatchObject({ code: 64, stderr: expect.stringContaining('did you mean "good"?') });
  });

  it("counts the slots that nothing was started for, and none for a schedule that is new", async () => {
    const w = world(`hourly: { shell: "true", schedule: { expression: every 1h, catchUp: none } }`);
    await w.jobctl(["run", "--trigger", "cron", "hourly"]);
    expect(await json(w)).toMatchObject([{ missed: { count: 0, more: false, latest: null } }]);
    const database = new Database(`${w.stateDir}/history.db`);
    database.prepare("UPDATE job_state SET slots_since = ?, slot_served = NULL").run(Date.now() - 26 * HOUR);
    database.close();
    const [hourly] = (await json(w)) as unknown as [{ missed: { count: number; latest: string } }];
    expect([25, 26]).toContain(hourly.missed.count);
    expect(Date.parse(hourly.missed.latest) % HOUR).toBe(0);
    expect((await w.jobctl(["status"])).stdout).toMatch(/! missed hourly 2[56] times\n {4}last .+ UTC; nothing was started then\n/);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace("every 1h", "every 2h"));
    expect(await json(w)).toMatchObject([{ missed: { count: 0 } }]);
  });

  it("shows what runs now, and why another start of it was refused, and takes no lock to find out", async () => {
    const w = world(`long: { shell: "echo $$ > pid; exec sleep 60", schedule: "0 3 * * *" }`);
    const run = w.start(["run", "long"]);
    const pid = await until(() => w.exists("pid") && w.read("pid").trim());
    const { stdout } = await w.jobctl(["status"]);
    expect(stdout).toMatch(new RegExp(`\n▸ running long since .+ UTC \\(.+\\), pid ${pid}\n {4}jobctl logs -f 1\n`));
    expect(await w.jobctl(["run", "long"])).toMatchObject({ code: 75 });
    expect(await json(w)).toMatchObject([
      { running: [{ id: 1, pid: run.pid, childPid: Number(pid), trigger: "manual" }], last: null, skipped: { reason: "locked", count: 1 } },
    ]);
    run.child.kill("SIGTERM");
    await run.ended;
  });

  it("says what is paused, by whom, and how to end it", async () => {
    const w = world(JOBS);
    await w.jobctl(["pause", "good", "--reason", "moving the disk"]);
    await w.jobctl(["run", "good"]);
    const { stdout } = await w.jobctl(["status"]);
    expect(stdout).toMatch(/^good +○ skipped +\d+s +paused +at 03:00/m);
    expect(stdout).toMatch(
      /\n‖ paused good\n {4}paused by \w+ since .+Z: moving the disk \(jobctl resume good ends it\)\n\n4 jobs · nothing to look at · 1 paused/,
    );
    expect(await json(w, "good")).toMatchObject([
      { paused: { scope: "job", reason: "moving the disk", until: null }, skipped: { reason: "paused" } },
    ]);
  });

  it("refuses a manifest that is wrong, with its place", async () => {
    const { code, stderr } = await world(`x: { command: ["true"], schedule: "61 * * * *" }`).jobctl(["status"]);
    expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('minute "61" is out of 0-59') });
  });
});

describe("jobctl status --locks", () => {
  it("says who holds a lock, and nothing where none is held", async () => {
    const w = world(`long: { shell: "echo $$ > pid; sleep 60; true" }`);
    expect(await w.jobctl(["status", "--locks"])).toMatchObject({ code: 0, stdout: "", stderr: "no lock is held\n" });
    const run = w.start(["run", "long"]);
    const pid = await until(() => w.exists("pid") && w.read("pid").trim());
    const { stdout } = await w.jobctl(["status", "--locks"]);
    expect(stdout).toMatch(new RegExp(`^LOCK +HELD BY +SINCE +PID +WHAT\nlong +▸ run 1 +\\d+s ago +${pid} +sh -c "echo`));
    const [lock] = JSON.parse((await w.jobctl(["status", "--locks", "--json"])).stdout);
    expect(lock).toMatchObject({ lock: "long", state: "held", runId: 1, supervisorPid: run.pid, childPid: Number(pid), waiting: [] });
    expect(lock.holders.map(({ pid: each }: { pid: number }) => each)).toEqual(expect.arrayContaining([run.pid, Number(pid)]));
    run.child.kill("SIGTERM");
    await run.ended;
  });

  it("says who waits for a lock, and since when", async () => {
    const w = world(`long: { shell: "echo $$ > pid; sleep 60; true", overlap: wait }`);
    const first = w.start(["run", "long"]);
    await until(() => w.exists("pid"));
    const second = w.start(["run", "long"]);
    await until(
      () => w.exists("state/locks/long.queue") && readdirSync(`${w.stateDir}/locks/long.queue`).some((name) => !name.startsWith(".")),
    );
    const [lock] = JSON.parse((await w.jobctl(["status", "--locks", "--json"])).stdout);
    expect(lock.waiting).toMatchObject([{ job: "long", pid: second.pid }]);
    expect((await w.jobctl(["status", "--locks"])).stdout).toMatch(/^long +▸ run 1 .+ 1, since \d+s +sh -c/m);
    for (const each of [second, first]) each.child.kill("SIGTERM");
    await Promise.all([first.ended, second.ended]);
  });

  it("says which jobs wait for a group, and what each waits for; a run that has no number yet goes by its key", async () => {
    const job = (name: string): string => `${name}: { shell: "echo $$ > pid-${name}; sleep 60; true", group: heavy }`;
    const w = world(["a", "b", "c"].map(job).join("\n"), "groups: { heavy: { limit: 1 } }");
    const first = w.start(["run", "a"]);
    await until(() => w.exists("pid-a"));
    const waiters = [w.start(["run", "b"]), w.start(["run", "c"])] as const;
    const locks = async (): Promise<{ lock: string; runKey: string; waitsFor: string | null; waiting: unknown[] }[]> =>
      JSON.parse((await w.jobctl(["status", "--locks", "--json"])).stdout);
    const inLine = (): number => readdirSync(`${w.stateDir}/locks/@group-heavy.queue`).filter((name) => !name.startsWith(".")).length;
    await until(() => w.exists("state/locks/@group-heavy.queue") && inLine() === 2);
    const { stdout } = await w.jobctl(["status", "--locks"]);
    expect(stdout).toMatch(/^@group-heavy +▸ run 1 .+ 2 \((b, c|c, b)\), since \d+s +sh -c/m);
    expect(stdout).toMatch(/^b +▸ run \S+ .+ waits for its turn \(@group-heavy\)$/m);

    const { runKey = "" } = (await locks()).find(({ lock }) => lock === "c") ?? {};
    expect((await w.jobctl(["cancel", runKey])).code).toBe(0);
    expect((await waiters[1].ended).signal).toBe("SIGTERM");
    expect(JSON.parse((await w.jobctl(["show", runKey, "--json"])).stdout)).toMatchObject({ job: "c", status: "cancelled", key: runKey });
    expect((await w.jobctl(["show", `${runKey.slice(0, -4)}0000`])).code).toBe(64);
    for (const each of [waiters[0], first]) each.child.kill("SIGTERM");
    await Promise.all([first.ended, waiters[0].ended]);
  });

  it("names the run that left work behind when its supervisor was killed, until that work has ended", async () => {
    const w = world(`long: { shell: "echo $$ > pid; exec sleep 60", timeout: 1h }`);
    const run = w.start(["run", "long"]);
    const pid = Number(await until(() => w.exists("pid") && w.read("pid").trim()));
    await until(() => readFileSync(`${w.stateDir}/locks/long.lock`, "utf8").includes('"child"'));
    run.child.kill("SIGKILL");
    await run.ended;
    const { stdout } = await w.jobctl(["status", "--locks"]);
    expect(stdout).toMatch(/^long +! left behind by run 1 +.+the next run may end it after 20.+Z\)$/m);
    process.kill(pid);
    await until(() => !isAlive(pid));
    expect((await w.jobctl(["status", "--locks"])).stdout).toMatch(/^long +○ free; run 1 was killed +/m);
    expect((await w.jobctl(["status"])).stdout).toContain("✗ crashed");
  });
});
