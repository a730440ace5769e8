import { describe, expect, it } from "vitest";
import { isAlive, until, world } from "../helpers/world.ts";

const TOLD = `echo "$JOBCTL_HOOK $JOBCTL_JOB $JOBCTL_RUN_ID $JOBCTL_STATUS $JOBCTL_REASON $JOBCTL_EXIT_CODE $JOBCTL_ERROR" >> told`;
const ALL = `
        onStart: ${TOLD}
        onSuccess: [sh, -c, '${TOLD}']
        onFailure: ${TOLD}
        onFinish: ${TOLD}`;
const told = (w: ReturnType<typeof world>): string[] =>
  w
    .read("told")
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());

describe("the hooks of a job", () => {
  it.each([
    [
      "succeeds",
      "shell: echo work >> told",
      0,
      ["onStart well 1", "work", "onSuccess well 1 succeeded  0", "onFinish well 1 succeeded  0"],
    ],
    ["fails", "shell: exit 7", 7, ["onStart well 1", ...both("well 1 failed exit-code 7 exit code 7")]],
    [
      "is too slow",
      "{ shell: sleep 60, timeout: 200ms }",
      124,
      ["onStart well 1", ...both("well 1 timed-out timeout 124 ran longer than 200ms")],
    ],
    [
      "can't be started",
      "command: [./none]",
      127,
      ["onStart well 1", ...both("well 1 not-started not-found 127 there is no program DIR/none")],
    ],
    ["has nothing to do", "{ shell: exit 4, exitCodes: { 4: skip } }", 0, ["onStart well 1", "onFinish well 1 skipped nothing-to-do 0"]],
  ])("tell, once each, that it begins and how it ends where it %s", async (_, work, exitCode, lines) => {
    const fields = work.startsWith("{") ? work.slice(2, -2).replaceAll(", ", "\n        ") : work;
    const w = world(`
      well:
        ${fields}${ALL}
    `);
    expect((await w.jobctl(["run", "well"])).code).toBe(exitCode);
    expect(told(w)).toEqual(lines.map((line) => line.replace("DIR", w.dir)));
  });

  it("run once for all attempts of a run", async () => {
    const w = world(`
      well:
        shell: echo work >> told; exit 7
        retry: { maxRetries: 2, initialDelay: 10ms }${ALL}
    `);
    expect((await w.jobctl(["run", "well"])).code).toBe(7);
    expect(told(w).map((line) => line.split(" ")[0])).toEqual(["onStart", "work", "work", "work", "onFailure", "onFinish"]);
  });

  it("do not run where a gate or the lock refuses the run, nor in a dry run", async () => {
    const w = world(`
      well:
        shell: echo work
        enabled: false${ALL}
      module:
        uses: ./job${ALL}
    `);
    w.write("job.mjs", `import { defineJob } from "jobctl"; export default defineJob({ description: "x", run() {} });`);
    expect((await w.jobctl(["run", "well"])).code).toBe(0);
    expect((await w.jobctl(["run", "well", "--dry-run", "--force"])).code).toBe(0);
    expect((await w.jobctl(["run", "module", "--dry-run"])).code).toBe(0);
    expect(w.exists("told")).toBe(false);
  });

  it("never change how the run ends: their failure is told on stderr and in the log, with what they printed", async () => {
    const w = world(`
      well:
        shell: echo work
        onStart: [./none]
        onSuccess: echo no connection; exit 3
    `);
    const end = await w.jobctl(["run", "well"]);
    expect(end).toMatchObject({
      code: 0,
      stderr: `jobctl: onStart of well not-started: there is no program ${w.dir}/none; this does not change how the run ended
jobctl: onSuccess of well failed: exit code 3; this does not change how the run ended
`,
    });
    expect(await w.runs()).toMatchObject([{ status: "succeeded", exitCode: 0 }]);
    const log = await w.jobctl(["logs", "well"]);
    expect(log.stdout).toBe("work\n");
    expect(log.stderr).toContain("jobctl: onSuccess: no connection\njobctl: onSuccess of well failed: exit code 3\n");
  });

  it("run when the run is recorded and its lock is free", async () => {
    const w = world(`
      well:
        shell: echo work
        onFinish: sleep 1
    `);
    const first = w.start(["run", "well"]);
    await until(() => w.exists("state/history.db") && w.rows("SELECT 1 FROM runs WHERE status = 'succeeded'").length === 1);
    expect((await w.jobctl(["run", "well"])).code).toBe(0);
    expect((await first.ended).code).toBe(0);
  });

  it("are ended where the run is asked to end during onStart, and the job is not begun", async () => {
    const w = world(`
      well:
        shell: echo work >> told
        onStart: echo $$ > pid; exec sleep 60
        onFinish: ${TOLD}
    `);
    const run = w.start(["run", "well"]);
    await until(() => w.exists("pid") && w.read("pid").endsWith("\n"));
    run.child.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ signal: "SIGTERM" });
    expect(told(w)).toEqual(["onFinish well 1 cancelled  143 before its child was started"]);
    expect(isAlive(Number(w.read("pid")))).toBe(false);
    expect(await w.runs()).toMatchObject([{ status: "cancelled" }]);
  });

  it("take 30 seconds at most", async () => {
    const w = world(`
      well:
        shell: echo work
        onSuccess: exec sleep 60
    `);
    const end = await w.jobctl(["run", "well"]);
    expect(end.code).toBe(0);
    expect(end.stderr).toContain("onSuccess of well timed-out: ran longer than 30s");
  });

  it("get the job's own environment, text by text, and show no secret", async () => {
    const w = world(`
      well:
        shell: echo work
        env: { NAME: "a b" }
        secrets: { KEY: file:key }
        onSuccess: [sh, -c, 'echo "$0 $NAME $KEY"', "\${NAME}"]
    `);
    w.write("key", "k-5f7d1e90a2");
    expect((await w.jobctl(["run", "well"])).code).toBe(0);
    const log = w.read(`state/logs/well/${(await w.runs())[0]?.["key"]}.log`);
    expect(log).toContain("onSuccess: ${NAME} a b ***");
  });
});

/** onFailure, then onFinish. */
function both(text: string): string[] {
  return [`onFailure ${text}`, `onFinish ${text}`];
}
