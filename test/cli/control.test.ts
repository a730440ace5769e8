import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isAlive, until, type World, world } from "../helpers/world.ts";

const HOUR = 3_600_000;
const ME = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const JOBS = `
  quick: { shell: echo "$JOBCTL_SLOT" >> quick.out, tags: [night] }
  other: { shell: echo >> other.out }
  slow: { command: [sleep, "30"], tags: [night] }
`;
const json = async (w: World, ...args: string[]) => JSON.parse((await w.jobctl([...args, "--json"])).stdout);
const isRunning = (w: World, job = "slow") =>
  until(() => w.exists(`state/locks/${job}.lock`) && w.read(`state/locks/${job}.lock`).includes('"child"'));
const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);

/** Hourly at half past now, so that no slot is on time; five are missed, of which the last three in the time of the pause. */
async function missedSlots(catchUp: string): Promise<World> {
  const startDate = new Date(Date.now() - 10 * HOUR + HOUR / 2).toISOString();
  const schedule = `{ type: interval, expression: 1h, startDate: "${startDate}", catchUp: ${catchUp} }`;
  const w = world(`quick: { shell: echo "$JOBCTL_SLOT" >> quick.out, schedule: ${schedule} }`);
  await w.jobctl(["run", "--trigger", "cron", "quick"]);
  const database = new Database(`${w.stateDir}/history.db`);
  database.prepare("UPDATE job_state SET slots_since = ?, slot_served = NULL").run(Date.now() - 5 * HOUR);
  database.close();
  for (const gone of ["state/slots", "quick.out"]) rmSync(`${w.dir}/${gone}`, { recursive: true, force: true });
  return w;
}

/** The pause of three hours that `onResume` and the end are given of. */
const pauseSince = (w: World, onResume: string, ended: boolean): void => {
  const at = new Date(Date.now() - 3 * HOUR).toISOString();
  const over = ended ? new Date(Date.now() - 1000).toISOString() : null;
  w.write("state/paused/quick.json", JSON.stringify({ by: "amy", at, until: over, reason: null, onResume }));
};

describe("jobctl pause", () => {
  it("keeps a job from running, by hand and by a trigger, records the skip with who and why, and ends with 0", async () => {
    const w = world(JOBS);
    const said = await w.jobctl(["pause", "quick", "--until", "2h", "--reason", "moving the disk"]);
    expect(said.stdout).toMatch(new RegExp(`^paused by ${ME} since \\S+ until \\S+: moving the disk; jobctl resume quick ends it\\n$`));
    for (const trigger of ["manual", "cron"]) expect((await w.jobctl(["run", "quick", "--trigger", trigger])).code).toBe(0);
    expect((await w.jobctl(["run", "other"])).code).toBe(0);
    expect([w.exists("quick.out"), w.exists("other.out")]).toEqual([false, true]);
    const detail = expect.stringMatching(new RegExp(`^paused by ${ME} since .*: moving the disk \\(jobctl resume quick ends it\\)$`));
    expect((await w.runs())[0]).toMatchObject({ job: "quick", status: "skipped", reason: "paused", detail, count: 2 });
  });

  it("is passed by --force", async () => {
    const w = world(JOBS);
    await w.jobctl(["pause", "--all"]);
    expect((await w.jobctl(["run", "quick", "--force"])).code).toBe(0);
    expect(w.exists("quick.out")).toBe(true);
  });

  it.each([
    [["--tag", "night"], { slow: "tag", quick: "tag", other: undefined }],
    [["--all"], { slow: "all", quick: "all", other: "all" }],
    [["slow"], { slow: "job", quick: undefined, other: undefined }],
  ])("%j is for these jobs, and list shows it with who, why and until when", async (args, scopes) => {
    const w = world(JOBS);
    expect((await json(w, "pause", ...args, "--reason", "x", "--until", "2099-01-01T06:00")).until).toBe("2099-01-01T06:00:00Z");
    const listed: { name: string; paused: { scope: string } | null }[] = await json(w, "list");
    expect(Object.fromEntries(listed.map(({ name, paused }) => [name, paused?.scope]))).toEqual(scopes);
    expect(listed.find(({ paused }) => paused)?.paused).toMatchObject({
      by: ME,
      reason: "x",
      until: "2099-01-01T06:00:00Z",
      onResume: "skip",
    });
    expect((await w.jobctl(["list"])).stdout).toContain(`by ${ME} since`);
  });

  it("is told by history, show and next", async () => {
    const w = world(JOBS);
    await w.jobctl(["run", "other"]);
    await w.jobctl(["pause", "other", "--reason", "disk"]);
    expect((await json(w, "status", "other"))[0].paused).toMatchObject({ scope: "job", name: "other", by: ME, reason: "disk" });
    expect((await w.jobctl(["status"])).stdout).toMatch(
      new RegExp(`‖ paused other\\n {4}paused by ${ME} since \\S+: disk \\(jobctl resume other ends it\\)`),
    );
    for (const args of [["history"], ["history", "other"], ["show", "other"], ["next", "other"]]) {
      expect((await w.jobctl(args)).stderr).toMatch(
        new RegExp(`other is paused by ${ME} since \\S+: disk \\(jobctl resume other ends it\\)`),
      );
    }
    expect((await w.jobctl(["history", "quick"])).stderr).not.toContain("paused");
  });

  it("outlives the loss of the history, and a damaged one", async () => {
    const w = world(JOBS);
    await w.jobctl(["run", "quick"]);
    rmSync(`${w.stateDir}/history.db-wal`, { force: true });
    writeFileSync(`${w.stateDir}/history.db`, "no database");
    expect((await w.jobctl(["pause", "quick"])).code).toBe(0);
    for (const file of ["", "-wal", "-shm"]) rmSync(`${w.stateDir}/history.db${file}`, { force: true });
    await w.jobctl(["run", "quick"]);
    expect(lines(w, "quick.out")).toHaveLength(1);
  });

  it("ends by itself", async () => {
    const w = world(JOBS);
    await w.jobctl(["pause", "quick", "--until", "4s"]);
    await w.jobctl(["run", "quick"]);
    await new Promise((resolve) => setTimeout(resolve, 4100));
    await w.jobctl(["run", "quick"]);
    expect(lines(w, "quick.out")).toHaveLength(1);
    expect((await json(w, "list")).every(({ paused }: { paused: object | null }) => paused === null)).toBe(true);
  });

  it("replaces the pause before, and says so", async () => {
    const w = world(JOBS);
    await w.jobctl(["pause", "quick", "--reason", "one"]);
    expect((await w.jobctl(["pause", "quick", "--reason", "two"])).stderr).toMatch(/^jobctl: this replaces: paused by .*: one\n$/);
    expect((await json(w, "list"))[0].paused.reason).toBe("two");
  });

  it.each([
    [["pause"], "pause what? Name one of: a job, --tag <tag>, --all"],
    [["pause", "quick", "--all"], "pause what? Name one of: a job, --tag <tag>, --all"],
    [["pause", "quik"], 'did you mean "quick"?'],
    [["pause", "--tag", "nights"], 'did you mean "night"?'],
    [["pause", "quick", "--until", "2020-01-01"], "--until 2020-01-01: that is 2020-01-01T00:00:00.000Z, which is over"],
    [["pause", "quick", "--until", "soon"], '--until: "soon" is no time; use a duration (90s, 15m, 2h, 7d, 4w), a date'],
    [["resume"], "resume what? Name one of: a job, --tag <tag>, --all"],
    [["resume", "quik"], 'did you mean "quick"?'],
    [["drain", "--wait", "long"], '"long" is not a duration such as'],
  ])("refuses %j with 64", async (args, message) => {
    const end = await world(JOBS).jobctl(args);
    expect([end.code, end.stderr]).toEqual([64, expect.stringContaining(message)]);
  });
});

describe("jobctl pause --on-resume once", () => {
  it("is refused for a job that never catches up", async () => {
    const w = world("quick: { shell: 'true', schedule: { expression: '@daily', catchUp: none } }");
    const end = await w.jobctl(["pause", "quick", "--on-resume", "once"]);
    const message = "--on-resume once: quick has catchUp: none, so that a slot that is late is never run; use skip";
    expect(end).toMatchObject({ code: 64, stderr: `jobctl: ${message}\n` });
    expect(w.exists("state/paused")).toBe(false);
  });
});

describe("jobctl resume", () => {
  it("ends a pause, and tells of those that go on", async () => {
    const w = world(JOBS);
    await w.jobctl(["pause", "quick"]);
    await w.jobctl(["pause", "--tag", "night", "--reason", "all of them"]);
    const end = await w.jobctl(["resume", "quick"]);
    expect(end.stdout).toMatch(/^resumed; it was paused by /);
    expect(end.stderr).toMatch(/^jobctl: goes on: paused with the tag night by .*: all of them \(jobctl resume --tag night ends it\)\n$/);
    expect((await w.jobctl(["resume", "quick"])).stdout).toBe("quick itself was not paused\n");
    expect((await json(w, "resume", "--tag", "night")).resumed).toMatchObject({ scope: "tag", name: "night" });
    await w.jobctl(["run", "quick"]);
    expect(lines(w, "quick.out")).toHaveLength(1);
  });

  it.each([
    ["skip", "all", false, 0],
    ["skip", "last", false, 0],
    ["once", "all", false, 1],
    ["once", "last", false, 1],
    ["skip", "all", true, 0],
    ["once", "all", true, 1],
  ])("with %s and catchUp %s (by itself: %s) leaves %d of the slots of that time due", async (onResume, catchUp, byItself, count) => {
    const w = await missedSlots(catchUp);
    const missed = async (): Promise<number> => (await json(w, "status"))[0].missed.count;
    expect(await missed()).toBe(5);
    pauseSince(w, onResume, byItself);
    expect(await missed()).toBe(count);
    if (!byItself) {
      expect((await w.jobctl(["run", "--trigger", "cron", "quick"])).code).toBe(0);
      expect(w.exists("quick.out")).toBe(false);
      await w.jobctl(["resume", "quick"]);
      expect(w.exists("state/paused/quick.json")).toBe(false);
    }
    for (let n = 0; n < 2; n++) expect((await w.jobctl(["run", "--trigger", "cron", "quick"])).code).toBe(0);
    expect(lines(w, "quick.out")).toHaveLength(count);
    if (count > 0) expect(Date.now() - Date.parse(lines(w, "quick.out")[0] ?? "")).toBeLessThan(HOUR);
  });
});

describe("jobctl drain", () => {
  it("lets no run begin and waits for those that have begun: 0 when all have ended", async () => {
    const w = world("quick: { shell: echo >> quick.out }\nslow: { command: [sleep, '1.5'] }");
    const slow = w.start(["run", "slow"]);
    await isRunning(w);
    const drain = w.start(["drain", "--wait", "20s", "--reason", "deploy"]);
    await until(() => w.exists("state/paused/@drain.json"));
    expect((await w.jobctl(["run", "quick"])).code).toBe(0);
    const end = await drain.ended;
    expect(end).toMatchObject({ code: 0, stdout: "drained: nothing runs; no run begins before: jobctl drain --end\n" });
    expect(end.stderr).toContain("waiting for slow (run 1)");
    expect(await slow.ended).toMatchObject({ code: 0 });
    expect(w.exists("quick.out")).toBe(false);
    expect((await w.runs()).at(-1)).toMatchObject({
      reason: "paused",
      detail: expect.stringMatching(/^drained by .*: deploy \(jobctl drain --end ends it\)$/),
    });
    expect((await json(w, "drain", "--end")).ended).toMatchObject({ scope: "drain", reason: "deploy" });
    await w.jobctl(["run", "quick"]);
    expect(w.exists("quick.out")).toBe(true);
    expect((await w.jobctl(["drain", "--end"])).stdout).toBe("there was no drain\n");
  });

  it("ends with 75 when something still runs, names it, and stays in force", async () => {
    const w = world(JOBS);
    const slow = w.start(["run", "slow"]);
    await isRunning(w);
    const end = await w.jobctl(["drain", "--wait", "300ms", "--json"]);
    expect(end.code).toBe(75);
    expect(JSON.parse(end.stdout)).toMatchObject({ drained: false, running: [{ job: "slow", id: 1, leftBehind: false }] });
    expect((await json(w, "list")).map(({ paused }: { paused: { scope: string } }) => paused.scope)).toEqual(["drain", "drain", "drain"]);
    slow.child.kill("SIGTERM");
    await slow.ended;
  });

  it("sees the work that a killed supervisor left behind", async () => {
    const w = world(JOBS);
    const slow = w.start(["run", "slow"]);
    await isRunning(w);
    slow.child.kill("SIGKILL");
    await slow.ended;
    expect((await json(w, "drain", "--wait", "0s")).running).toMatchObject([{ job: "slow", leftBehind: true }]);
    const orphan: number = JSON.parse(w.read("state/locks/slow.lock")).child.pid;
    expect((await w.jobctl(["cancel", "slow"])).code).toBe(0);
    expect(isAlive(orphan)).toBe(false);
    expect((await json(w, "drain", "--wait", "0s")).drained).toBe(true);
  });

  it("leaves what was missed to catchUp", async () => {
    const now = new Date();
    const w = world(`quick: { shell: echo >> quick.out, schedule: "${now.getUTCMinutes()} ${now.getUTCHours()} * * *" }`);
    await w.jobctl(["drain", "--wait", "0s"]);
    await w.jobctl(["run", "--trigger", "cron", "quick"]);
    await w.jobctl(["drain", "--end"]);
    await w.jobctl(["run", "--trigger", "cron", "quick"]);
    expect(lines(w, "quick.out")).toHaveLength(1);
  });
});
