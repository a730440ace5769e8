import { utimesSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { until, world } from "../helpers/world.ts";

describe("retries", () => {
  it("go on until an attempt succeeds; each is a row, and the job knows which it is and why the last one failed", async () => {
    const w = world(`
      flaky:
        shell: echo "$JOBCTL_ATTEMPT $JOBCTL_PREVIOUS_ERROR" >> tries; [ "$JOBCTL_ATTEMPT" = 3 ] || exit 7
        retry: { maxRetries: 5, backoff: fixed, initialDelay: 50ms }
    `);
    const { stdout, code } = await w.jobctl(["run", "flaky", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: "succeeded", attempts: 3 });
    expect(w.read("tries")).toBe("1 \n2 exit code 7\n3 exit code 7\n");
    const shown = JSON.parse((await w.jobctl(["show", "1", "--json"])).stdout);
    expect(shown.attemptList.map(({ status, exitCode }: { status: string; exitCode: number }) => [status, exitCode])).toEqual([
      ["failed", 7],
      ["failed", 7],
      ["succeeded", 0],
    ]);
  });

  it("tell the next attempt of an error that no variable could hold: too long, or with a NUL", async () => {
    const w = world(`
      odd:
        uses: ./odd
        retry: { maxRetries: 1, backoff: fixed, initialDelay: 10ms }
    `);
    w.write(
      "odd.mjs",
      `import { writeFileSync } from "node:fs";
       export default { description: "x", params: {}, run(context) {
         if (context.attempt === 1) throw new Error("no\\0thing " + "x".repeat(300000));
         writeFileSync("told", context.previousError.slice(0, 20));
       } };`,
    );
    expect((await w.jobctl(["run", "odd"])).code).toBe(0);
    expect(w.read("told")).toContain("nothing xxx");
  });

  it("end with the last failure when none succeeds", async () => {
    const w = world(`
      hopeless:
        shell: exit 7
        retry: { maxRetries: 2, backoff: fixed, initialDelay: 10ms }
    `);
    expect((await w.jobctl(["run", "hopeless"])).code).toBe(7);
    expect(await w.runs()).toMatchObject([{ status: "failed", exitCode: 7, attempts: 3 }]);
  });

  it("are not made for a code in retry.never", async () => {
    const w = world(`
      misconfigured:
        shell: exit 78
        retry: { maxRetries: 2, backoff: fixed, initialDelay: 10ms }
    `);
    expect((await w.jobctl(["run", "misconfigured"])).code).toBe(78);
    expect(await w.runs()).toMatchObject([{ attempts: 1 }]);
  });

  it("keep the lock while they wait, are shown, and end at once on SIGTERM", async () => {
    const w = world(`
      waiting:
        shell: exit 1
        retry: { maxRetries: 2, backoff: fixed, initialDelay: 1h }
    `);
    const run = w.start(["run", "waiting"]);
    await until(() => w.exists("state/history.db") && w.rows("SELECT 1 FROM runs WHERE retry_at IS NOT NULL").length === 1);
    expect((await w.jobctl(["run", "waiting"])).code).toBe(75);
    expect((await w.jobctl(["history"])).stdout).toMatch(/running.*attempt 1 failed, the next begins at/);
    run.child.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ signal: "SIGTERM" });
    expect((await w.runs())[0]).toMatchObject({ status: "cancelled", signal: "SIGTERM", error: "exit code 1" });
  });

  it("have a timeout each, and totalTimeout for all together", async () => {
    const w = world(`
      slow:
        shell: sleep 30
        timeout: 200ms
        totalTimeout: 1s
        killAfter: 100ms
        retry: { maxRetries: 50, backoff: fixed, initialDelay: 50ms }
    `);
    expect((await w.jobctl(["run", "slow"])).code).toBe(124);
    const [run] = await w.runs();
    expect(run).toMatchObject({ status: "timed-out" });
    expect(run?.attempts).toBeGreaterThan(1);
    expect(run?.durationMs).toBeLessThan(3000);
  });
});

describe("exit codes have the meaning that the manifest gives them", () => {
  const w = () =>
    world(`
      codes:
        command: [sh, -c, "exit $CODE"]
        envFile: code.env
        exitCodes: { 1: ok, 2: warn, 3: skip }
    `);
  it.each([
    [1, 0, { status: "succeeded", warn: false }],
    [2, 0, { status: "succeeded", warn: true, exitCode: 2 }],
    [3, 0, { status: "skipped", reason: "nothing-to-do" }],
    [4, 4, { status: "failed", exitCode: 4 }],
  ])("%i ends the run with %i", async (code, ours, row) => {
    const one = w();
    one.write("code.env", `CODE=${code}\n`);
    expect((await one.jobctl(["run", "codes"])).code).toBe(ours);
    expect((await one.runs())[0]).toMatchObject(row);
  });
});

describe("expectations make a run fail that ended with 0", () => {
  it.each([
    ["output.match", "output: { match: '^done' }", "echo working", "no line of the output matches /^done/ (expect.output.match)"],
    [
      "output.notMatch",
      "output: { notMatch: 'ERROR' }",
      "echo ERROR: disk",
      "a line of the output matches /ERROR/ (expect.output.notMatch): ERROR: disk",
    ],
    ["minBytes", "minBytes: 10", "echo hi", "it printed 3 bytes, expected are at least 10 (expect.minBytes)"],
    ["minDuration", "minDuration: 5s", "true", /^it took \d+ms, expected are at least 5s \(expect\.minDuration\)$/],
    [
      "artifact",
      "artifact: { path: dump, minSize: 1KB }",
      "echo x > dump",
      /dump has 2B, expected are at least 1KB \(expect\.artifact\.minSize\)$/,
    ],
    ["artifact that is missing", "artifact: { path: dump, minSize: 1B }", "true", /dump is not there \(expect\.artifact\)$/],
  ])("%s", async (_, expectation, script, error) => {
    const w = world(`
      checked:
        shell: ${JSON.stringify(script)}
        expect: { ${expectation} }
    `);
    expect((await w.jobctl(["run", "checked"])).code).toBe(1);
    const [run] = await w.runs();
    expect(run).toMatchObject({
      status: "failed",
      reason: "expect",
      error: typeof error === "string" ? error : expect.stringMatching(error),
    });
  });

  it("and an artifact of yesterday proves nothing", async () => {
    const w = world(`
      dump:
        shell: "true"
        expect: { artifact: { path: dump, minSize: 1B } }
    `);
    const file = w.write("dump", "old");
    utimesSync(file, new Date(0), new Date(0));
    await w.jobctl(["run", "dump"]);
    expect((await w.runs())[0]).toMatchObject({ reason: "expect", error: expect.stringMatching(/was not written by this run/) });
  });

  it("pass where all is as expected", async () => {
    const w = world(`
      good:
        shell: echo done > dump; echo all done
        expect: { output: { match: 'done$', notMatch: ERROR }, minBytes: 1, artifact: { path: dump, minSize: 1B } }
    `);
    expect((await w.jobctl(["run", "good"])).code).toBe(0);
  });
});

it("what a run used is kept: CPU time and peak memory, also of what the main child started", async () => {
  const w = world(`
    busy:
      shell: node -e "const a = Buffer.alloc(6e7, 1); while (process.cpuUsage().user < 7e5); setTimeout(() => console.log(a.length), 2500)"; true
  `);
  await w.jobctl(["run", "busy"]);
  const [run] = await w.runs();
  expect(run?.cpuMs).toBeGreaterThan(500);
  expect(run?.peakMemory).toBeGreaterThan(6e7);
});

it("the peak memory of a short run is not that of its first moment", async () => {
  // It stays three times as long as it took to grow, and so until the next look.
  const grow = "const a = Buffer.alloc(6e7, 1); setTimeout(() => a.length, 3000 * process.uptime() + 300)";
  const w = world(`brief: { command: [node, -e, "${grow}"] }`);
  await w.jobctl(["run", "brief"]);
  expect((await w.runs())[0]?.peakMemory).toBeGreaterThan(6e7);
});

it("the peak memory of a module job is exact, however short it was", async () => {
  const w = world("brief: { uses: ./job }");
  const grow = "Buffer.alloc(6e7, 1).length, process.resourceUsage().maxRSS * 1024";
  w.write("job.mjs", `export default { description: "x", run: () => [${grow}] };`);
  const { stdout } = await w.jobctl(["run", "brief", "--json"]);
  const { result, peakMemory } = JSON.parse(stdout) as { result: [number, number]; peakMemory: number };
  expect(peakMemory).toBeGreaterThanOrEqual(result[1]);
  expect(peakMemory).toBeLessThan(result[1] + 3e7);
});
