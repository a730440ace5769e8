import { globSync, readFileSync, readdirSync, symlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { until, world } from "../helpers/world.ts";

describe("jobctl run", () => {
  it("runs a command, records it and ends with 0", async () => {
    const w = world(`
      hello:
        command: [echo, hello]
    `);
    const end = await w.jobctl(["run", "hello"]);
    expect(end).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    const [run] = await w.runs();
    expect(run).toMatchObject({ id: 1, job: "hello", status: "succeeded", exitCode: 0, trigger: "manual", attempts: 1, reason: null });
    const log = readFileSync(`${w.stateDir}/logs/hello/${readdirSync(`${w.stateDir}/logs/hello`)[0]}`, "utf8");
    expect(log).toMatch(/^\{.*"job":"hello".*\}\n\S+Z stdout F hello\n\S+Z jobctl F succeeded, exit code 0, after \d+ ms\n$/);
  });

  it.each([
    ["a failed command's own code", "exit 3", 3, { status: "failed", reason: "exit-code", exitCode: 3 }],
    ["1 for a command that ends with 75, which would say try later", "exit 75", 1, { status: "failed", exitCode: 75 }],
    ["128 + n for a command that a signal ended", "kill -SEGV $$", 139, { status: "failed", reason: "signal", signal: "SIGSEGV" }],
  ])("ends with %s", async (_, script, code, row) => {
    const w = world(`
      broken:
        shell: ${JSON.stringify(script)}
    `);
    expect((await w.jobctl(["run", "broken"])).code).toBe(code);
    expect((await w.runs())[0]).toMatchObject(row);
  });

  it("tells a failure in one line and the end of the output, so that cron's mail is worth reading", async () => {
    const w = world(`
      broken:
        shell: echo about to fail; sleep 0.1; echo no space left >&2; exit 3
    `);
    const { stdout, stderr } = await w.jobctl(["run", "broken"]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(
      /^✗ broken failed with exit code 3 after \d+ms \(run 1\); jobctl show 1\n--- the end of its output ---\nabout to fail\nno space left\n$/,
    );
  });

  it("ends with 127 and 126 for a program that is not there or can't be executed", async () => {
    const w = world(`
      absent:
        command: [no-such-program]
      closed:
        command: [./closed]
    `);
    w.write("closed", "#!/bin/sh\n");
    expect((await w.jobctl(["run", "absent"])).code).toBe(127);
    expect((await w.jobctl(["run", "closed"])).code).toBe(126);
    expect((await w.runs()).map(({ status, reason }) => [status, reason])).toEqual([
      ["not-started", "not-found"],
      ["not-started", "not-executable"],
    ]);
  });

  it("gives the job the same environment whoever calls: nothing of the caller's", async () => {
    const w = world(
      `
      show:
        shell: env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo "$A $B $C"; pwd; umask; cat; ls /proc/self/fd | tr '\\n' ' '
        env: { B: job, C: "\${HOME_OF_C:-none}" }
        envFile: job.env
    `,
      "env: { A: manifest, B: manifest }",
    );
    w.write("job.env", "A=file\nHOME_OF_C=somewhere\n");
    const { stderr } = await w.jobctl(["run", "show", "--json"], { SECRET_OF_THE_CALLER: "1", LC_ALL: "de_DE.UTF-8" });
    const [names, values, folder, umask] = stderr.split("\n");
    expect(names).toBe(
      "A B C HOME HOME_OF_C JOBCTL_ATTEMPT JOBCTL_ENV JOBCTL_JOB JOBCTL_PARAMETERS JOBCTL_RUN_ID JOBCTL_RUN_KEY JOBCTL_SLOT JOBCTL_TRIGGER LANG LOGNAME PATH PWD TZ USER ",
    );
    expect(values).toBe("file job somewhere");
    expect([folder, umask]).toEqual([w.dir, "0027"]);
  });

  it("prints one JSON document on stdout and the job's output on stderr with --json", async () => {
    const w = world(`
      hello:
        shell: echo to stdout; echo to stderr >&2
    `);
    const { stdout, stderr, code } = await w.jobctl(["run", "hello", "--json"]);
    expect(code).toBe(0);
    expect(stderr.split("\n").toSorted()).toEqual(["", "to stderr", "to stdout"]);
    expect(JSON.parse(stdout)).toMatchObject({
      id: 1,
      job: "hello",
      status: "succeeded",
      exitCode: 0,
      reason: null,
      result: null,
      attempts: 1,
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      durationMs: expect.any(Number),
    });
  });

  it("suggests the name of a job that is not there, and ends with 64", async () => {
    const w = world(`
      token-cleanup:
        command: ["true"]
    `);
    const { code, stderr } = await w.jobctl(["run", "token-clenup"]);
    expect(code).toBe(64);
    expect(stderr).toContain('did you mean "token-cleanup"?');
  });

  it.each([
    ["shell: touch began, cwd: nowhere", "DIR/jobctl.yaml:6:3: jobs.lost.cwd: DIR/nowhere is no folder; make it, or change cwd"],
    ["shell: touch began, cwd: jobctl.yaml", "DIR/jobctl.yaml:6:3: jobs.lost.cwd: DIR/jobctl.yaml is no folder; make it, or change cwd"],
    ["shell: touch began, cwd: loop", "DIR/jobctl.yaml:6:3: jobs.lost.cwd: DIR/loop can't be entered: too many symbolic links"],
    ["uses: ./absent.mjs", "uses: there is no file DIR/absent.mjs, nor with .ts, .mts, .js, .mjs, .cjs after it"],
    ["uses: ./loop", "uses: DIR/loop can't be read: too many symbolic links"],
    [
      "shell: touch began, secrets: { KEY: file:absent }",
      "DIR/jobctl.yaml:6:3: jobs.lost.secrets.KEY: DIR/absent: cannot be read: there is no such file",
    ],
    [
      "shell: touch began, secrets: { KEY: file:/dev/zero }",
      "DIR/jobctl.yaml:6:3: jobs.lost.secrets.KEY: /dev/zero: cannot be read: it is a device or socket, not a file",
    ],
    [
      "shell: touch began, scope: cluster",
      expect.stringContaining("jobs.lost uses scope, which this version of jobctl does not act on yet"),
    ],
  ])("ends with 78 where the set-up is wrong, and the history says what is: %s", async (job, error) => {
    const w = world(`lost: { ${job}, onFailure: 'echo "$JOBCTL_REASON $JOBCTL_ERROR" > told' }`);
    symlinkSync("loop", `${w.dir}/loop`);
    const why = typeof error === "string" ? error.replaceAll("DIR", w.dir) : error;
    const { code, stderr } = await w.jobctl(["run", "lost"]);
    expect([code, stderr]).toEqual([
      78,
      expect.stringMatching(/^✗ lost could not be started \(config\) after \S+ \(run 1\); jobctl show 1\n {2}/),
    ]);
    const [run] = JSON.parse((await w.jobctl(["history", "--failed", "--json"])).stdout);
    expect(run).toMatchObject({ id: 1, status: "not-started", reason: "config", exitCode: 78, attempts: 0, error: why });
    expect((await w.jobctl(["wait", "1"])).code).toBe(78);
    expect([w.exists("began"), w.read("told")]).toEqual([false, `config ${run.error}\n`]);
  });

  it("shows what a dry run of a command would start, and starts nothing", async () => {
    const w = world(`
      danger:
        command: [touch, "it happened"]
        env: { PASSWORD: hunter22 }
    `);
    const { code, stdout } = await w.jobctl(["run", "danger", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toContain("touch 'it happened'");
    expect(stdout).toContain("PASSWORD");
    expect(stdout).not.toContain("hunter22");
    expect(w.exists("it happened")).toBe(false);
    expect(w.exists("state/history.db")).toBe(false);
  });

  it("records a skip, and counts its repeats in one row", async () => {
    const w = world(`
      off:
        command: ["true"]
        enabled: false
    `);
    for (let n = 0; n < 3; n++) expect((await w.jobctl(["run", "off"])).code).toBe(0);
    expect(await w.runs()).toMatchObject([{ status: "skipped", reason: "disabled", count: 3 }]);
    expect((await w.jobctl(["run", "off", "--force"])).code).toBe(0);
    expect((await w.runs()).map(({ status }) => status)).toEqual(["skipped", "succeeded"]);
  });

  it("hides secrets in log, history, output and error, also when they come in pieces", async () => {
    const w = world(`
      leaky:
        shell: printf 'tok'; sleep 0.3; printf 'en-1234\\n'; echo "again $API_KEY" >&2; exit 1
        secrets: { API_KEY: "file:key.txt" }
    `);
    w.write("key.txt", "token-1234\n");
    const { stderr } = await w.jobctl(["run", "leaky"]);
    expect(stderr).toContain("again ***");
    const [log] = readdirSync(`${w.stateDir}/logs/leaky`);
    const everything = stderr + readFileSync(`${w.stateDir}/logs/leaky/${log}`, "utf8") + JSON.stringify(w.rows("SELECT * FROM runs"));
    expect(everything).not.toContain("token-1234");
    expect(everything).toContain("***");
  });

  it("keeps files 0600 and folders 0700", async () => {
    const w = world(`
      hello:
        command: [echo, hello]
    `);
    await w.jobctl(["run", "hello"]);
    const found = await w.jobctl(["run", "hello"]).then(async () => {
      const { execFileSync } = await import("node:child_process");
      return execFileSync(
        "find",
        [w.stateDir, "(", "-type", "d", "-not", "-perm", "0700", "-o", "-type", "f", "-not", "-perm", "0600", ")"],
        { encoding: "utf8" },
      );
    });
    expect(found).toBe("");
  });

  it("says who holds the lock, and ends with 75", async () => {
    const w = world(`
      slow:
        command: [sleep, "30"]
    `);
    const first = w.start(["run", "slow"]);
    await until(() => w.exists("state/locks/slow.lock") && w.read("state/locks/slow.lock").includes('"child"'));
    const second = await w.jobctl(["run", "slow", "--json"]);
    expect(second.code).toBe(75);
    expect(JSON.parse(second.stdout)).toMatchObject({
      status: "skipped",
      reason: "locked",
      detail: expect.stringMatching(/^run 1 holds the lock since \S+Z \(\d+ s\): pid \d+, sleep 30$/),
    });
    first.child.kill("SIGTERM");
    await first.ended;
  });

  it.runIf(process.getuid?.() === 0)(
    "runs the job as another user with that user's groups and home, and keeps the records its own",
    async () => {
      const w = world(`
      humble:
        shell: id -un; id -Gn; echo "$USER $HOME"; touch /forbidden 2>&1 || true
        cwd: /
        security: { runAs: nobody }
    `);
      const { stderr, code } = await w.jobctl(["run", "humble", "--json"]);
      expect(code).toBe(0);
      expect(stderr).toMatch(/^nobody\nnogroup\nnobody \/nonexistent\ntouch: .*Permission denied\n$/);
      expect((await w.runs())[0]?.provenance).toMatchObject({ user: "root" });
    },
  );
});

const [faketime = ""] = globSync("/usr/lib/*/faketime/libfaketime.so.1");

describe.runIf(faketime !== "")("a clock that is set while a job runs", () => {
  it.each(["+7200", "-7200"])("(%s s) changes nothing of how long the run took", async (step) => {
    const w = world(`stepper: { shell: 'echo ${step} > clock; sleep 0.3' }`);
    const clock = w.write("clock", "+0");
    const fake = { LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
    expect((await w.jobctl(["run", "stepper"], fake)).code).toBe(0);
    const [run] = await w.runs();
    expect(run?.durationMs).toBeGreaterThanOrEqual(300);
    expect(run?.durationMs).toBeLessThan(60_000);
  });
});
