import { execFileSync } from "node:child_process";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { isAlive, until, type World, world } from "../helpers/world.ts";

const ME = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
const HOUR = 3_600_000;
const lock = (w: World, job = "slow") => JSON.parse(w.read(`state/locks/${job}.lock`));
const begun = (w: World, job = "slow") =>
  until(() => w.exists(`state/locks/${job}.lock`) && w.read(`state/locks/${job}.lock`).includes('"child"'), `${job} runs`);
const lines = (w: World, file: string): string[] => (w.exists(file) ? w.read(file).trim().split("\n") : []);
const SLOW = `slow: { shell: "trap 'exit 0' TERM; while :; do sleep 0.05; done" }`;

const greet = (more: string): string => `greet: { uses: ./greet.mjs, with: { who: "\${WHO}", token: "\${TOKEN:-none}" }${more} }`;
const hourly = (script: string): string => `tick: { shell: '${script}', schedule: "0 * * * *" }`;
const ran = (w: World): string[] => lines(w, "out").map((line) => new Date(line.split(" ")[0] ?? "").toISOString());
const pair = (need: string): string => `
  load: { shell: "[ -e fail ] && exit 4; while [ -e hold ]; do sleep 0.05; done" }
  report: { shell: echo >> out, needs: [${need}] }
`;
const report = (w: World) => w.jobctl(["run", "report", "--json"]);

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

describe("jobctl rerun", () => {
  const MODULE = `
    import { defineJob, text } from "jobctl";
    export default defineJob({
      description: "Greets",
      params: { who: text({ description: "Whom" }), token: text({ description: "A secret" }) },
      run: async ({ params, now }) => ({ ...params, now: now.toISOString() }),
    });
  `;

  it("runs a past run's job with its parameters, the manifest's own variables put in anew, for the same slot", async () => {
    const w = world(greet(', schedule: "0 3 * * *"'));
    w.write("greet.mjs", MODULE);
    const slot = "2026-11-01T03:00:00.000Z";
    await w.jobctl(["run", "greet", "--scheduled-for", slot, "--set", "who=$${amy}"], { WHO: "x", TOKEN: "first" });
    const end = await w.jobctl(["rerun", "1", "--json"], { WHO: "y", TOKEN: "second" });
    expect(end.code).toBe(0);
    const [first, second] = await w.runs();
    expect(first).toMatchObject({
      result: { who: "$${amy}", token: "first", now: slot },
      parameters: { who: "$${amy}", token: "${TOKEN:-none}" },
    });
    expect(second).toMatchObject({ trigger: "rerun", scheduledFor: slot, result: { who: "$${amy}", token: "second", now: slot } });
    expect(second?.parameters).toEqual(first?.parameters);
  });

  it("keeps to the recorded parameters when the manifest has others now", async () => {
    const w = world(greet(""));
    w.write("greet.mjs", MODULE);
    await w.jobctl(["run", "greet"], { WHO: "amy" });
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace('"${WHO}"', "bob"));
    await w.jobctl(["rerun", "1"], { WHO: "eve" });
    expect((await w.runs())[1]).toMatchObject({ result: { who: "eve", token: "none" } });
    await w.jobctl(["rerun", "1", "--set", "token=t"], { WHO: "eve" });
    expect((await w.runs())[2]).toMatchObject({ result: { who: "eve", token: "t" } });
  });

  it("gives a command the parameters of --set again", async () => {
    const w = world("tell: { shell: 'printf %s \"$JOBCTL_PARAMETERS\"' }");
    expect((await w.jobctl(["run", "tell", "--verbose", "--set", "region=eu"])).stdout).toBe('{"region":"eu"}');
    expect((await w.jobctl(["rerun", "1", "--verbose"])).stdout).toBe('{"region":"eu"}');
    expect((await w.jobctl(["run", "tell", "--verbose"])).stdout).toBe("{}");
    expect((await w.runs()).map(({ parameters }) => parameters)).toEqual([{ region: "eu" }, { region: "eu" }, null]);
  });

  it("ends with the exit code of the new run", async () => {
    const w = world("quick: { shell: '[ -e ok ] || exit 5' }");
    expect((await w.jobctl(["run", "quick"])).code).toBe(5);
    expect((await w.jobctl(["rerun", "1"])).code).toBe(5);
    w.write("ok", "");
    expect((await w.jobctl(["rerun", "1"])).code).toBe(0);
    const runs = await w.runs();
    expect(runs.map(({ trigger, status }) => [trigger, status])).toEqual([
      ["manual", "failed"],
      ["rerun", "failed"],
      ["rerun", "succeeded"],
    ]);
    expect(runs.every(({ startedAt, scheduledFor }) => startedAt === scheduledFor)).toBe(true);
  });

  it("refuses an unknown run, a name, and a job that the manifest has no more, with 64", async () => {
    const w = world("quick: { shell: 'true' }");
    await w.jobctl(["run", "quick"]);
    w.write("jobctl.yaml", w.read("jobctl.yaml").replace("quick", "renamed"));
    expect(await w.jobctl(["rerun", "1"])).toMatchObject({
      code: 64,
      stderr: `jobctl: run 1 was of quick, which the manifest has no more (${w.dir}/jobctl.yaml)\n`,
    });
    expect((await w.jobctl(["rerun", "9"])).stderr).toBe("jobctl: there is no run 9 (any more); jobctl history lists those there are\n");
    expect(await w.jobctl(["rerun", "quick"])).toMatchObject({
      code: 64,
      stderr: 'jobctl: rerun takes a run\'s number, not "quick"; jobctl history lists them\n',
    });
  });
});

describe("jobctl backfill", () => {
  const FROM = "2026-10-01T00:00:00Z";
  const slots = Array.from({ length: 5 }, (_, hour) => new Date(Date.parse(FROM) + hour * HOUR).toISOString());
  const echo = 'echo "$JOBCTL_SLOT $JOBCTL_PREVIOUS_SLOT" >> out';
  const range = ["--from", FROM, "--to", "2026-10-01T05:00:00Z"];

  it("runs each slot of the time, the first in it and the last not, oldest first, with the slot before", async () => {
    const w = world(hourly(echo));
    const end = await w.jobctl(["backfill", "tick", ...range]);
    expect(end).toMatchObject({ code: 0, stdout: "tick: 5 slots, 5 succeeded now\n", stderr: "" });
    expect(ran(w)).toEqual(slots);
    for (const line of lines(w, "out")) {
      const [slot = "", previous = ""] = line.split(" ");
      expect(Date.parse(slot) - Date.parse(previous)).toBe(HOUR);
    }
    expect((await w.runs()).map(({ trigger, scheduledFor }) => [trigger, scheduledFor])).toEqual(slots.map((slot) => ["backfill", slot]));
  });

  it("stops at the first that fails, with its exit code, and goes on from there when it is called again", async () => {
    const w = world(hourly(`${echo}; [ -e ok ] || case "$JOBCTL_SLOT" in *T02*) exit 9;; esac`));
    const first = await w.jobctl(["backfill", "tick", ...range]);
    expect(first).toMatchObject({ code: 9, stdout: "tick: 5 slots, 2 succeeded now, 1 did not succeed, 2 left\n" });
    expect(first.stderr).toContain("stopped at 2026-10-01 02:00:00 UTC, which ended failed; the same command goes on from there");
    const list = await w.jobctl(["backfill", "tick", ...range, "--dry-run"]);
    expect(list.stdout.split("\n").filter((line) => line.endsWith("has succeeded"))).toHaveLength(2);
    w.write("ok", "");
    expect((await w.jobctl(["backfill", "tick", ...range, "--json"])).stdout).toContain('"doneBefore": 2');
    expect(ran(w)).toEqual([...slots.slice(0, 3), ...slots.slice(2)]);
    expect((await w.jobctl(["backfill", "tick", ...range])).stdout).toBe("tick: 5 slots, 5 had succeeded before, 0 succeeded now\n");
  });

  it("leaves what fails behind with --keep-going, and ends with the last failure", async () => {
    const w = world(hourly(`${echo}; case "$JOBCTL_SLOT" in *T02*) exit 9;; esac`));
    const end = await w.jobctl(["backfill", "tick", ...range, "--keep-going"]);
    expect(end).toMatchObject({ code: 9, stdout: "tick: 5 slots, 4 succeeded now, 1 did not succeed\n" });
    expect(ran(w)).toEqual(slots);
  });

  it("stops with 75 at a slot that is skipped", async () => {
    const w = world(hourly(echo));
    await w.jobctl(["pause", "tick"]);
    const end = await w.jobctl(["backfill", "tick", ...range]);
    expect([end.code, end.stderr]).toEqual([75, expect.stringMatching(/which was skipped \(paused by .*\); the same command goes on/)]);
  });

  it("lists the slots with --dry-run and runs none", async () => {
    const w = world(hourly(echo));
    const end = await w.jobctl(["backfill", "tick", ...range, "--dry-run", "--json"]);
    expect(JSON.parse(end.stdout)).toEqual(slots.map((slot) => ({ slot, wouldRun: true })));
    expect(w.exists("out")).toBe(false);
  });

  it("lets a trigger run nothing again that it has run", async () => {
    const now = new Date();
    const w = world(`tick: { shell: '${echo}', schedule: "${now.getUTCMinutes()} ${now.getUTCHours()} * * *" }`);
    expect((await w.jobctl(["backfill", "tick", "--from", "5m"])).stdout).toBe("tick: 1 slot, 1 succeeded now\n");
    await w.jobctl(["run", "--trigger", "cron", "tick"]);
    expect(lines(w, "out")).toHaveLength(1);
  });

  it.each([
    [
      ["--from", "2026-01-01"],
      /^jobctl: tick has more than 1000 slots from \S+ to \S+; take a shorter time, or allow more with --limit\n$/,
    ],
    [["--from", "1h", "--to", "2099-01-01"], /^jobctl: --to 2099-01-01: that is still to come; only slots of the past are run\n$/],
    [["--from", "1h", "--to", "2h"], /^jobctl: --from 1h is not before --to 2h\n$/],
    [[], /^jobctl: required option '--from <when>' not specified\n/],
  ])("refuses %j with 64", async (args, message) => {
    expect(await world(hourly(echo)).jobctl(["backfill", "tick", ...args])).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(message),
    });
  });

  it("refuses a job without a schedule", async () => {
    const end = await world("tick: { shell: 'true' }").jobctl(["backfill", "tick", "--from", "1h"]);
    expect(end).toMatchObject({ code: 64, stderr: "jobctl: tick has no schedule, and so no slots to run; jobctl run tick runs it once\n" });
  });
});

describe("needs", () => {
  it("skip with 75 until the other job's latest run has succeeded within the time, naming it and why", async () => {
    const w = world(pair("{ job: load, within: 1500ms }"));
    const details: (string | null)[] = [];
    const tell = async () => details.push(JSON.parse((await report(w)).stdout).detail);
    expect((await report(w)).code).toBe(75);
    await tell();
    w.write("fail", "");
    await w.jobctl(["run", "load"]);
    await tell();
    execFileSync("rm", [`${w.dir}/fail`]);
    await w.jobctl(["run", "load"]);
    await tell();
    expect(lines(w, "out")).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 1600));
    await tell();
    expect(details).toEqual([
      "needs load, of which no run is recorded",
      expect.stringMatching(/^needs load, whose latest run \d+ did not succeed \(failed\)$/),
      null,
      expect.stringMatching(/^needs load, whose latest run \d+ succeeded \d+s ago, allowed is 1s500ms$/),
    ]);
    expect((await w.runs()).at(-1)).toMatchObject({ status: "skipped", reason: "dependency" });
  });

  it("waits while the other job runs, and begins when it has succeeded", async () => {
    const w = world(pair("{ job: load, wait: 20s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes('"waitsFor":"run 1 of load"'));
    expect((await w.jobctl(["run", "report"])).code).toBe(75);
    execFileSync("rm", [`${w.dir}/hold`]);
    expect([(await load.ended).code, (await waiting.ended).code]).toEqual([0, 0]);
    const [done, after] = (await w.runs()).filter(({ status }) => status === "succeeded") as { startedAt: string; finishedAt: string }[];
    expect(Date.parse(after?.startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(done?.finishedAt ?? ""));
  });

  it("gives up after the wait", async () => {
    const w = world(pair("{ job: load, wait: 300ms }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const end = await report(w);
    expect(end.code).toBe(75);
    expect(JSON.parse(end.stdout).detail).toMatch(/^needs load, whose run 1 has not ended yet after a wait of \d+ms$/);
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("waits for a job that is due in this minute", async () => {
    const w = world(`
      load: { shell: echo >> out, schedule: "* * * * *" }
      report: { shell: echo >> out, needs: [{ job: load, wait: 50s }] }
    `);
    await w.jobctl(["run", "load", "--scheduled-for", "2026-11-01T00:00:00Z"]);
    const database = new Database(`${w.stateDir}/history.db`);
    database.prepare("UPDATE runs SET started_at = started_at - 120000, finished_at = finished_at - 120000").run();
    database.close();
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("that is due now"));
    await w.jobctl(["run", "load"]);
    expect((await waiting.ended).code).toBe(0);
    expect((await w.runs()).map(({ job }) => job)).toEqual(["load", "load", "report"]);
  });

  it("ends a wait at once when it is cancelled, and the record says who did it; the wait is no run", async () => {
    const w = world(pair("{ job: load, wait: 60s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("waitsFor"));
    expect((await w.jobctl(["cancel", "report", "--reason", "not today"])).code).toBe(0);
    expect(await waiting.ended).toMatchObject({ code: null, signal: "SIGTERM" });
    expect((await w.runs()).at(-1)).toMatchObject({
      job: "report",
      status: "skipped",
      reason: "dependency",
      detail: `waited for run 1 of load and was ended by ${ME}: not today`,
    });
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("stop waiting when the job is paused", async () => {
    const w = world(pair("{ job: load, wait: 60s }"));
    w.write("hold", "");
    const load = w.start(["run", "load"]);
    await begun(w, "load");
    const waiting = w.start(["run", "report", "--json"]);
    await until(() => w.exists("state/locks/report.lock") && w.read("state/locks/report.lock").includes("waitsFor"));
    await w.jobctl(["drain", "--wait", "0s"]);
    const end = await waiting.ended;
    expect([end.code, JSON.parse(end.stdout).reason]).toEqual([0, "paused"]);
    load.child.kill("SIGTERM");
    await load.ended;
  });

  it("are refused by validate when they go round in a circle", async () => {
    const w = world("a: { shell: 'true', needs: [b] }\nb: { shell: 'true', needs: [c] }\nc: { shell: 'true', needs: [a] }");
    const end = await w.jobctl(["validate"]);
    expect([end.code, end.stdout]).toEqual([78, expect.stringContaining("goes round in a circle: a → b → c → a")]);
  });

  it("are shown by graph", async () => {
    const w = world(pair("{ job: load, within: 6h, wait: 5m }"));
    expect((await w.jobctl(["graph"])).stdout).toBe("load\n└─ report  (within 6h, waits 5m)\n");
    expect((await w.jobctl(["graph", "--mermaid"])).stdout).toBe(
      'flowchart LR\n  j0["load"]\n  j1["report"]\n  j0 -->|"within 6h, waits 5m"| j1\n',
    );
    expect(JSON.parse((await w.jobctl(["graph", "report", "--json"])).stdout)[1].needs).toEqual([
      { job: "load", within: 21_600_000, wait: 300_000 },
    ]);
    expect(await w.jobctl(["graph", "raport"])).toMatchObject({ code: 64, stderr: expect.stringContaining('did you mean "report"?') });
    expect((await world("a: { shell: x }").jobctl(["graph"])).stderr).toBe("no job needs another (needs: in the manifest)\n");
  });
});
