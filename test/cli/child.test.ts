import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadLibc } from "../../src/system/libc.ts";
import { JOBCTL, ROOT, until, type World, world } from "../helpers/world.ts";

const log = async (w: World): Promise<string> => {
  const { job, key } = (await w.runs()).at(-1) as { job: string; key: string };
  return w.read(`state/logs/${job}/${key}.log`);
};
const job = (w: World, source: string): string =>
  w.write("job.mjs", `import { defineJob, integer, text } from "jobctl"; export default defineJob(${source});`);

describe("the child of a run", () => {
  it("gets its argument vector as it is written: no shell and no variable touches it", async () => {
    const w = world(`
      literal: { command: [printf, '%s|', "$HOME", '\${HOME}', '$(id)', "a  b", '*', ''] }
      shell: { shell: 'echo "\${NAME}" $((1+1))', env: { NAME: inside } }
    `);
    expect((await w.jobctl(["run", "literal", "--verbose"])).stdout).toBe("$HOME|${HOME}|$(id)|a  b|*||");
    expect((await w.jobctl(["run", "shell", "--verbose"])).stdout).toBe("inside 2\n");
  });

  it("is the leader of a process group of its own, with nothing on stdin", async () => {
    const w = world(`
      leader: { shell: 'echo $$ $(cut -d" " -f5 /proc/self/stat); readlink /proc/self/fd/0' }
    `);
    const { stdout } = await w.jobctl(["run", "leader", "--verbose"]);
    expect(stdout).toMatch(/^(\d+) \1\n\/dev\/null\n$/);
  });

  it("has the job's lock among its descriptors, and not the log, which is its supervisor's alone", async () => {
    const w = world("holder: { shell: 'ls -l /proc/self/fd' }");
    const { stdout } = await w.jobctl(["run", "holder", "--verbose"]);
    expect(stdout).toMatch(/3 -> \S+\/state\/locks\/holder\.lock\n/);
    expect(stdout).not.toMatch(/\.log|history\.db/);
  });

  it("gets the same environment from cron's bare one as from a shell's", async () => {
    const w = world("show: { shell: 'env | grep -v -e ^JOBCTL_RUN -e ^JOBCTL_SLOT | sort' }");
    const outputs = [];
    for (const env of [
      { LC_ALL: "de_DE.UTF-8", EDITOR: "vi", PATH: `/odd:${w.env["PATH"]}` },
      { PATH: "/usr/bin:/bin", SHELL: "/bin/sh" },
    ]) {
      outputs.push((await w.jobctl(["run", "show", "--verbose"], env)).stdout);
    }
    expect(outputs[1]).toBe(outputs[0]);
    expect(outputs[0]).toMatch(/^LANG=C\.UTF-8$/m);
  });

  it.runIf(loadLibc())("is read by three threads, of which its supervisor's environment says nothing afterwards", async () => {
    const w = world(`threads: { shell: 'cat /proc/$PPID/task/*/comm | grep -c libuv' }`);
    expect((await w.jobctl(["run", "threads", "--verbose"])).stdout).toBe("3\n");
    const started = `
      const { posixSpawn } = await import(${JSON.stringify(join(ROOT, "src/system/posix-spawn.ts"))});
      posixSpawn({ argv: ["true"], cwd: "/", env: { PATH: "/bin" }, stdio: ["ignore", "pipe", "pipe"], onData() {} });
      console.log(Object.keys(process.env).filter((name) => name.startsWith("UV_")).length)`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", started], { encoding: "utf8" })).toBe("0\n");
  });

  it("is let go a moment after it ended, whoever still holds its pipes", async () => {
    const w = world("starter: { shell: 'sleep 30 & echo $! > pid', leftovers: keep }");
    expect((await w.jobctl(["run", "starter"])).code).toBe(0);
    expect((await w.runs())[0]?.["durationMs"]).toBeLessThan(2000);
    process.kill(Number(w.read("pid")));
  });

  it.each([
    ["maxProcesses: 3", "for i in 1 2 3 4 5; do sleep 30 & done; wait", /^maxProcesses: [67] used, 3 allowed$/],
    [
      "maxDiskSpace: 20MB",
      "while :; do dd if=/dev/zero of=big bs=1M count=30 conv=fsync 2>&1; done",
      /^maxDiskSpace: .* used, 20MB allowed$/,
    ],
  ])("is ended as resource beyond %s", async (limit, script, error) => {
    const w = world(`greedy: { shell: ${JSON.stringify(script)}, resources: { ${limit} }, timeout: 20s, killAfter: 500ms }`);
    await w.jobctl(["run", "greedy"]);
    expect((await w.runs())[0]).toMatchObject({ status: "failed", reason: "resource", error: expect.stringMatching(error) });
  });

  it("has V8's heap bounded by maxMemory where it is a module", async () => {
    const w = world("heap: { uses: ./job, resources: { maxMemory: 100MB } }");
    w.write(
      "job.mjs",
      'import v8 from "node:v8"; export default { description: "x", run: () => v8.getHeapStatistics().heap_size_limit / 2 ** 20 };',
    );
    const { stdout } = await w.jobctl(["run", "heap", "--json"]);
    expect(JSON.parse(stdout).result).toBeLessThan(130);
  });
});

describe("the output of a run", () => {
  it("is kept with its time and stream", async () => {
    const w = world("both: { shell: 'echo out; echo err >&2; printf unended' }");
    await w.jobctl(["run", "both"]);
    const lines = (await log(w)).split("\n").slice(1);
    expect(
      lines
        .map((line) => line.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /, ""))
        .slice(0, 3)
        .toSorted(),
    ).toEqual(["stderr F err", "stdout F out", "stdout P unended"]);
  });

  it("is mirrored to a terminal, with how the run ended", async () => {
    const w = world("hello: { shell: 'echo hello; sleep 0.3' }");
    const command = `${process.execPath} ${JOBCTL} run hello`;
    const script = spawn("script", ["-qec", command, "/dev/null"], { cwd: w.dir, env: w.env, stdio: ["ignore", "pipe", "inherit"] });
    let shown = "";
    script.stdout.on("data", (text) => (shown += String(text)));
    await new Promise((resolve) => script.once("close", resolve));
    expect(shown).toMatch(/^hello\r\n.*✓.* hello succeeded after /s);
  });

  it("waits for no dead reader: a socket that nobody reads holds up neither the timeout, nor the record, nor the exit", async () => {
    const w = world("loud: { shell: 'yes', timeout: 500ms, maxOutput: 1MB }");
    const run = spawn(process.execPath, [JOBCTL, "run", "loud", "--verbose"], {
      cwd: w.dir,
      env: w.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = new Promise((resolve) => run.once("exit", resolve));
    await until(() => w.exists("state/history.db") && w.rows("SELECT 1 FROM runs WHERE status = 'timed-out'").length === 1, "the record");
    expect(await ended).toBe(124);
  });

  it("is dropped where a reader is too slow, who is told how much, and is whole in the log", async () => {
    const w = world(
      "loud: { shell: 'seq 1 500000; touch printed; while [ ! -e read ]; do sleep 0.05; done; sleep 0.5; echo the end', maxOutput: 10MB }",
    );
    const command = `"${process.execPath}" "${JOBCTL}" run loud --verbose | (while [ ! -e printed ]; do sleep 0.1; done; sleep 1; touch read; cat)`;
    const text = execFileSync("sh", ["-c", command], { cwd: w.dir, env: w.env, encoding: "utf8", maxBuffer: 1e8 });
    expect(text).toMatch(/jobctl: \d+ bytes were not shown here, since nobody read them; the log has them\n(.*\n)*the end\n$/);
    expect(text.length).toBeLessThan(2_000_000);
    expect((await w.jobctl(["logs", "loud"])).stdout).toMatch(/\n500000\nthe end\n$/);
  });

  it("comes out whole before jobctl ends, also the document of --json through a slow pipe", async () => {
    const w = world("big: { uses: ./job }");
    job(w, '{ description: "x", run: () => "x".repeat(1_000_000) }');
    const command = `"${process.execPath}" "${JOBCTL}" run big --json | (sleep 1.5; cat)`;
    const text = execFileSync("sh", ["-c", command], { cwd: w.dir, env: w.env, encoding: "utf8", maxBuffer: 1e8 });
    expect(JSON.parse(text).result).toHaveLength(1_000_000);
  });
});

describe("secrets", () => {
  it("are in no argument list, log, row, document or error, in any of their forms, while the job has them", async () => {
    const w = world("leaky: { uses: ./job, secrets: { KEY: file:key } }");
    const secret = 'k-"5f7d/1e90+a2';
    w.write("key", `${secret}\n`);
    job(
      w,
      `{ description: "x", async run({ progress, logger }) {
        const { execFileSync } = await import("node:child_process");
        const key = process.env.KEY;
        process.stdout.write("lists: " + execFileSync("sh", ["-c", "cat /proc/[0-9]*/cmdline | tr '\\\\\\\\0' ' '"]).includes(key) + "\\n");
        for (const form of [key, JSON.stringify(key), encodeURIComponent(key), Buffer.from("ab" + key + "c").toString("base64")]) process.stdout.write(form + "\\n");
        logger.warn("it is " + key);
        throw new Error("refused: " + key);
      } }`,
    );
    const { stdout, stderr } = await w.jobctl(["run", "leaky", "--json"]);
    const shown = (await w.jobctl(["show", "leaky"])).stdout;
    const everything = stdout + stderr + shown + (await log(w)) + JSON.stringify(w.rows("SELECT * FROM runs"));
    for (const form of [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64").slice(0, 12),
    ]) {
      expect(everything).not.toContain(form);
    }
    // Of its two streams, which have no order between them, the first.
    const printed = [...(await log(w)).matchAll(/ stdout F (.*)$/gm)].map(([, text]) => text);
    expect(printed.slice(0, 2)).toEqual(["lists: false", "***"]);
    expect(stderr).toContain("lists: false\n");
    expect(JSON.parse(stdout).error).toMatch(/^Error: refused: \*\*\*/);
  });

  it("under 6 bytes are refused before anything runs", async () => {
    const w = world("short: { shell: touch began, secrets: { KEY: file:key } }");
    w.write("key", "12345\n");
    const { code, stderr } = await w.jobctl(["run", "short"]);
    expect([code, w.exists("began")]).toEqual([78, false]);
    expect(stderr).toMatch(
      /jobs\.short\.secrets\.KEY: the value is shorter than 6 bytes and could not be hidden in output; use a longer one/,
    );
  });

  it("that are parameters are kept as the references that the manifest has", async () => {
    const w = world('caller: { uses: ./job, with: { token: "${TOKEN}", count: 3 } }');
    job(
      w,
      '{ description: "x", params: { token: text({ description: "x" }), count: integer({ description: "x" }) }, run: ({ params }) => params.token.length }',
    );
    const { stdout } = await w.jobctl(["run", "caller", "--json"], { TOKEN: "t-5f7d1e90a2" });
    expect(JSON.parse(stdout).result).toBe(12);
    expect((await w.runs())[0]?.["parameters"]).toEqual({ token: "${TOKEN}", count: 3 });
    expect(JSON.stringify(w.rows("SELECT * FROM runs"))).not.toContain("t-5f7d1e90a2");
  });
});

describe("a module job", () => {
  it("has the start of the attempt as its now, by hand and for a slot, and the slot with --scheduled-for", async () => {
    const w = world("clock: { uses: ./job, schedule: '0 3 * * *' }");
    job(
      w,
      '{ description: "x", run: ({ now, scheduledFor, previousSlot }) => [now, scheduledFor, previousSlot].map((at) => at?.toISOString() ?? null) }',
    );
    const read = async (...args: string[]) => {
      const { result, startedAt } = JSON.parse((await w.jobctl(["run", "clock", "--json", ...args])).stdout);
      return { result, startedAt: Date.parse(startedAt) };
    };
    const byHand = await read();
    const [now, scheduledFor, previous] = byHand.result.map((each: string | null) => each && Date.parse(each));
    expect([Math.abs(now - byHand.startedAt) < 2000, scheduledFor, previous]).toEqual([true, byHand.startedAt, null]);
    expect((await read("--scheduled-for", "2026-11-20T03:00:00Z")).result).toEqual([
      "2026-11-20T03:00:00.000Z",
      "2026-11-20T03:00:00.000Z",
      "2026-11-19T03:00:00.000Z",
    ]);
  });

  it("keeps what it compiled where nobody else can write, for what lies there is run", async () => {
    const w = world("kept: { uses: ./job }");
    job(w, '{ description: "x", run: () => null }');
    const cache = `${w.stateDir}/cache`;
    const kept = async () => {
      expect((await w.jobctl(["run", "kept"])).code).toBe(0);
      return readdirSync(cache);
    };
    expect(await kept()).toContainEqual(expect.stringContaining("host-main.cjs"));
    rmSync(cache, { recursive: true });
    mkdirSync(cache);
    chmodSync(cache, 0o777);
    expect(await kept()).toEqual([]);
  });

  it("runs dry under its lock, as a run of trigger dry-run that serves no slot and counts nowhere", async () => {
    const now = new Date();
    const schedule = `{ expression: "${now.getUTCMinutes()} ${now.getUTCHours()} * * *", maxExecutions: 1 }`;
    const w = world(`careful: { uses: ./job, schedule: ${schedule} }\nneeds-it: { shell: 'true', needs: [careful] }`);
    job(
      w,
      '{ description: "x", async run({ dryRun }) { await new Promise((done) => setTimeout(done, dryRun ? 1500 : 0)); return dryRun; } }',
    );
    const dry = w.start(["run", "careful", "--dry-run", "--json"]);
    await until(() => w.exists("state/locks/careful.lock") && w.read("state/locks/careful.lock").includes('"child"'));
    expect((await w.jobctl(["run", "careful", "--dry-run"])).code).toBe(75);
    expect(JSON.parse((await dry.ended).stdout)).toMatchObject({ trigger: "dry-run", result: true });
    expect((await w.jobctl(["run", "needs-it"])).code).toBe(75);
    expect((await w.jobctl(["run", "careful", "--trigger", "cron", "--verbose"])).code).toBe(0);
    expect((await w.runs()).filter(({ job: name }) => name === "careful").map(({ trigger }) => trigger)).toEqual(["dry-run", "cron"]);
  });

  it("keeps the stack of what it threw, and show tells it", async () => {
    const w = world("broken: { uses: ./job }");
    job(w, '{ description: "x", run() { throw new TypeError("no such column"); } }');
    expect((await w.jobctl(["run", "broken"])).code).toBe(1);
    expect((await w.jobctl(["show", "broken"])).stdout).toMatch(/error:\n {2}TypeError: no such column\n {6}at .*job\.mjs:1:/);
  });
});
