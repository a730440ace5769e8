import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { isAlive, until, type World, world } from "../helpers/world.ts";

const ME = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const lock = (w: World, job = "slow") => JSON.parse(w.read(`state/locks/${job}.lock`));
const begun = (w: World, job = "slow") =>
  until(() => w.exists(`state/locks/${job}.lock`) && w.read(`state/locks/${job}.lock`).includes('"child"'), `${job} runs`);
const SLOW = `slow: { shell: "trap 'exit 0' TERM; while :; do sleep 0.05; done" }`;

describe("jobctl cancel", () => {
  it.each(["slow", "1"])("ends the run that %s names and records who did it and why", async (name) => {
    const w = world(SLOW);
    const run = w.start(["run", "slow"]);
    await begun(w);
    const { pid } = lock(w).child;
    const end = await w.jobctl(["cancel", name, "--reason", "the disk is full"]);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(new RegExp(`^■ cancelled {2}slow {2}run 1 {2}after \\S+ {2}by ${ME}: the disk is full\\n$`));
    expect(await run.ended).toMatchObject({ code: null, signal: "SIGTERM", stderr: expect.stringContaining(`by ${ME}: the disk is full`) });
    expect(isAlive(pid)).toBe(false);
    expect((await w.runs())[0]).toMatchObject({ status: "cancelled", signal: "SIGTERM", detail: `by ${ME}: the disk is full` });
    expect((await w.jobctl(["history"])).stdout).toContain("the disk is full");
    expect(execFileSync("ls", [`${w.stateDir}/requests`], { encoding: "utf8" })).toBe("");
  });

  it("climbs the whole ladder with a job that ignores TERM", async () => {
    const w = world(`slow: { shell: "trap '' TERM; while :; do sleep 0.05; done", killAfter: 300ms }`);
    const run = w.start(["run", "slow"]);
    await begun(w);
    const { runs } = JSON.parse((await w.jobctl(["cancel", "slow", "--json"])).stdout);
    expect(runs).toMatchObject([{ job: "slow", id: 1, ended: true, run: { status: "cancelled", detail: `by ${ME}` } }]);
    await run.ended;
  });

  it("ends with 75 and says so when the run does not end in time", async () => {
    const w = world(`slow: { shell: "trap '' TERM; while :; do sleep 0.05; done", killAfter: 2s }`);
    const run = w.start(["run", "slow"]);
    await begun(w);
    const end = await w.jobctl(["cancel", "slow", "--timeout", "200ms"]);
    expect([end.code, end.stdout]).toEqual([
      75,
      expect.stringMatching(/^run 1 of slow was asked to end and still runs after 200ms: pid \d+\n$/),
    ]);
    await run.ended;
  });

  it("ends what a killed supervisor left behind, and marks that run crashed", async () => {
    const w = world(`slow: { command: [sleep, "30"] }`);
    const run = w.start(["run", "slow"]);
    await begun(w);
    run.child.kill("SIGKILL");
    await run.ended;
    const { pid } = lock(w).child;
    const end = await w.jobctl(["cancel", "slow", "--reason", "an orphan"]);
    expect([end.code, end.stdout]).toEqual([0, expect.stringContaining("✗ crashed  slow  run 1")]);
    expect(isAlive(pid)).toBe(false);
    const reason = `its supervisor was killed; what it had left behind was ended by ${ME}: an orphan`;
    expect((await w.runs())[0]).toMatchObject({ status: "crashed", reason });
  });

  it("finds what runs also where the history is lost", async () => {
    const w = world(SLOW);
    const run = w.start(["run", "slow"]);
    await begun(w);
    execFileSync("sh", ["-c", `rm ${w.stateDir}/history.db*`]);
    expect((await w.jobctl(["cancel", "slow"])).code).toBe(0);
    expect(await run.ended).toMatchObject({ signal: "SIGTERM" });
  });

  it("has nothing to do with 0 where nothing runs", async () => {
    const w = world("quick: { shell: 'exit 3' }");
    expect(await w.jobctl(["cancel", "quick"])).toMatchObject({ code: 0, stdout: "nothing to cancel: quick does not run\n" });
    await w.jobctl(["run", "quick"]);
    expect((await w.jobctl(["cancel", "1"])).stdout).toMatch(
      /^nothing to cancel: ✗ failed {2}quick {2}run 1 {2}after \S+ {2}exit code 3\n$/,
    );
  });

  it("ends what waits for its turn, too", async () => {
    const w = world(`slow: { command: [sleep, "30"], overlap: wait }`);
    const [first, second] = [w.start(["run", "slow"]), begun(w).then(() => w.start(["run", "slow"]))];
    await begun(w);
    const waiting = await second;
    await until(() => w.exists("state/locks/slow.queue") && execFileSync("ls", [`${w.stateDir}/locks/slow.queue`], { encoding: "utf8" }));
    expect((await w.jobctl(["cancel", "slow", "--reason", "both"])).code).toBe(0);
    expect((await Promise.all([first.ended, waiting.ended])).map(({ signal }) => signal)).toEqual(["SIGTERM", "SIGTERM"]);
    expect((await w.runs()).map(({ status, detail }) => [status, detail])).toEqual([
      ["cancelled", `by ${ME}: both`],
      ["cancelled", `by ${ME}: both`],
    ]);
  });

  it.each([
    ["quik", 'unknown job "quik"; did you mean "quick"?'],
    ["7", "there is no run 7 (any more); jobctl history lists those there are"],
  ])("refuses %s with 64", async (name, message) => {
    const w = world("quick: { shell: 'true' }");
    expect(await w.jobctl(["cancel", name])).toMatchObject({ code: 64, stderr: `jobctl: ${message}\n` });
  });
});

describe("jobctl wait", () => {
  const jobs = `
    slow: { shell: "sleep 1; exit 7" }
    warn: { shell: "exit 3", exitCodes: { 3: warn } }
    later: { shell: "exit 75" }
    missing: { command: [/no/such/program] }
    told: { shell: "exit 7" }
    module: { uses: ./leave }
    long: { command: [sleep, "30"] }
  `;
  it("waits for the end of what runs, and ends with its exit code", async () => {
    const w = world(jobs);
    const run = w.start(["run", "slow"]);
    await begun(w);
    const [byJob, byId] = await Promise.all([w.jobctl(["wait", "slow"]), w.jobctl(["wait", "1", "--json"])]);
    expect([byJob.code, byId.code, (await run.ended).code]).toEqual([7, 7, 7]);
    expect(byJob.stderr).toMatch(/^✗ failed {2}slow {2}run 1 {2}after \S+ {2}exit code 7\n$/);
    expect(JSON.parse(byId.stdout)).toMatchObject({ id: 1, status: "failed", exitCode: 7 });
  });

  it.each([["warn"], ["later"], ["missing"], ["told", "--set", "batch=7"], ["module"]])(
    "ends as jobctl run did for a run of %s that is over",
    async (job, ...options) => {
      const w = world(jobs);
      w.write("leave.mjs", "export default { run() { process.exit(3) } };");
      const { code } = await w.jobctl(["run", job, ...options]);
      expect((await w.jobctl(["wait", job])).code).toBe(code);
      expect((await w.jobctl(["wait", "1"])).code).toBe(code);
    },
  );

  it("sees that the supervisor was killed", async () => {
    const w = world(jobs);
    const run = w.start(["run", "long"]);
    await begun(w, "long");
    const waiting = w.start(["wait", "long"]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(lock(w, "long").child.pid, "SIGSTOP");
    run.child.kill("SIGKILL");
    expect(await waiting.ended).toMatchObject({ code: 1, stderr: expect.stringContaining("✗ crashed  long  run 1") });
    process.kill(lock(w, "long").child.pid, "SIGKILL");
  });

  it("waits also for a run that waits for another job, and may then be skipped", async () => {
    const w = world(`
      load: { shell: "sleep 1.5; exit 4" }
      report: { shell: "true", needs: [{ job: load, wait: 20s }] }
    `);
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const second = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("waitsFor"));
    expect(await w.jobctl(["wait", "report"])).toMatchObject({ code: 75, stderr: expect.stringContaining("○ skipped  report") });
    expect([(await load.ended).code, (await second.ended).code]).toEqual([4, 75]);
  });

  it("gives up with 75 after --timeout, and leaves the run alone", async () => {
    const w = world(jobs);
    const run = w.start(["run", "slow"]);
    await begun(w);
    expect(await w.jobctl(["wait", "slow", "--timeout", "200ms"])).toMatchObject({
      code: 75,
      stderr: "jobctl: slow still runs after 200ms\n",
    });
    expect((await run.ended).code).toBe(7);
  });
});
