import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, openSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { JOBCTL, type World, world } from "../helpers/world.ts";

const w = () => world("backup: { command: [echo, hi] }");

describe("--json", () => {
  it.each([
    [["run", "bakcup", "--json"], 64, "usage", "unknown job"],
    [["run", "backup", "--json", "--set", "x"], 64, "usage", "--set x: write --set key=value"],
    [["history", "--limit", "x", "--json"], 64, "usage", "is no whole number"],
    [["show", "99", "--json"], 64, "usage", "there is no run 99"],
    [["history", "--ndjson", "bakcup"], 64, "usage", "unknown job"],
    [["nosuch", "--json"], 64, "usage", "unknown command 'nosuch'"],
    [["list", "--manifest", "none.yaml", "--json"], 78, "config", "there is no such file"],
  ])("is one document also where jobctl can't go on: %j", async (args, exitCode, reason, error) => {
    const { code, stdout, stderr } = await w().jobctl(args);
    expect(code).toBe(exitCode);
    expect(JSON.parse(stdout)).toEqual({ exitCode, reason, error: expect.stringContaining(error) });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(`jobctl: `);
    expect(stderr).toContain(error);
  });

  it("tells the exit code of what has nothing to tell", async () => {
    const place = world("later: { shell: echo hi, schedule: at 2099-01-01T00:00 }");
    for (const args of [
      ["run", "--due"],
      ["run", "later", "--trigger", "cron"],
    ]) {
      const { code, stdout } = await place.jobctl([...args, "--json"]);
      expect([code, JSON.parse(stdout)]).toEqual([0, { exitCode: 0, reason: null, error: null }]);
    }
  });

  it("is that of a run that no lock can be made for", async () => {
    const place = w();
    place.write("state", "a file, where the folder should be");
    const { code, stdout } = await place.jobctl(["run", "backup", "--json"]);
    expect(code).toBe(73);
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 73, reason: "cannot-lock" });
  });

  it.each([["history"], ["list", "--tag", "none"], ["status"], ["next"], ["timers"], ["graph"], ["cancel", "backup"], ["validate"]])(
    "is one document of %s also where there is nothing to tell",
    async (...args) => {
      const { code, stdout } = await w().jobctl([...args, "--json"]);
      expect(code).toBe(0);
      expect(() => JSON.parse(stdout)).not.toThrow();
    },
  );
});

/** Runs the program with its stdout on a disk that is always full (full(4)). */
function onFullDisk({ dir, env }: World, args: string[]): { status: number | null; stderr: string } {
  const full = openSync("/dev/full", "w");
  try {
    return spawnSync(process.execPath, [JOBCTL, ...args], { cwd: dir, env, encoding: "utf8", stdio: ["ignore", full, "pipe"] });
  } finally {
    closeSync(full);
  }
}

describe("output that can't be written", () => {
  it("is told, and fails what only prints", () => {
    expect(onFullDisk(w(), ["list", "--json"])).toMatchObject({
      status: 1,
      stderr: "jobctl: stdout can't be written: ENOSPC: no space left on device, write\n",
    });
  });

  it.each([
    ["exit 0", 0],
    ["exit 7", 7],
  ])("is told of a run, and its exit code stays that of %s", (shell, status) => {
    expect(onFullDisk(world(`backup: { shell: ${shell} }`), ["run", "backup", "--json"])).toMatchObject({
      status,
      stderr: expect.stringContaining("jobctl: stdout can't be written: ENOSPC"),
    });
  });
});

describe("why a program could not be started", () => {
  const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  it.each([
    [
      "command: [no-such-program]",
      `"no-such-program" is in none of the folders of PATH (${PATH}); write its whole path, or set PATH in env`,
    ],
    [
      "command: [ls -l]",
      `"ls -l" is in none of the folders of PATH (${PATH}); each argument is an item of its own in command, and shell: takes a whole line`,
    ],
    ["command: [./absent]", "there is no program DIR/absent"],
    ["command: [./closed]", "DIR/closed is not executable; chmod +x DIR/closed"],
    ["command: [./lost]", "DIR/lost is there, but the program of its first line is not: /no/such/interpreter"],
    [
      "command: [./windows]",
      "DIR/windows is there, but the program of its first line is not: /bin/sh (its lines end in CR LF: save it with LF)",
    ],
    ["command: [/tmp]", "/tmp is a folder, not a program"],
    ["command: [./closed/x]", "DIR/closed/x can't be started: a part of its path is no folder"],
  ])("is said of %s in words", async (work, why) => {
    const place = world(`backup: { ${work}, env: { PATH: "${PATH}" } }`);
    place.write("closed", "#!/bin/sh\n");
    chmodSync(place.write("lost", "#!/no/such/interpreter -x\n"), 0o755);
    chmodSync(place.write("windows", "#!/bin/sh\r\necho hi\r\n"), 0o755);
    const { code, stderr } = await place.jobctl(["run", "backup"]);
    expect([126, 127]).toContain(code);
    expect(stderr.split("\n")[1]).toBe(`  ${why.replaceAll("DIR", place.dir)}`);
    expect((await place.runs())[0]).toMatchObject({ status: "not-started", error: why.replaceAll("DIR", place.dir) });
  });
});

it("records also a job whose command the system takes for too long", async () => {
  const place = world(`backup: { command: [echo, ${"x".repeat(140_000)}] }`);
  expect((await place.jobctl(["run", "backup"])).code).toBe(126);
  expect((await place.runs())[0]).toMatchObject({
    status: "not-started",
    error: "its arguments and environment are longer than the system takes (execve(2)): put what is long into a file",
  });
});

it("shows what a job's error says without what rules the terminal", async () => {
  const place = world("loud: { uses: ./loud }");
  place.write("loud.mjs", 'export default { run() { throw new Error("bad\\n\\u001b[31mred\\u0007") } };');
  const { stderr } = await place.jobctl(["run", "loud"]);
  expect(stderr).toContain("  Error: bad\n  red\n");
  expect(stderr).not.toContain("\u001b");
});

it("says once which signal killed a job", async () => {
  const { stderr } = await world("backup: { shell: kill -9 $$ }").jobctl(["run", "backup"]);
  expect(stderr).toMatch(/^✗ backup failed: killed by SIGKILL after \d+ms \(run 1\); jobctl show 1\n$/);
});
