import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Ended, JOBCTL, startProgram, type World, world } from "../helpers/world.ts";

/** No passwd(5) that we know has it. */
const NOBODY_KNOWN = "54321";
const AS_THEM = `process.setgroups([]); process.setgid(${NOBODY_KNOWN}); process.setuid(${NOBODY_KNOWN});`;

/** Only root becomes somebody else, who then must reach this clone. */
const canTry =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ["-e", `${AS_THEM} require("fs").readFileSync(${JSON.stringify(JOBCTL)})`]).status === 0;

/** Runs the program as a user id that has no name and no home, as containers do. */
function asStranger({ dir, env }: World, ...args: string[]): Promise<Ended> {
  const code = `${AS_THEM} process.argv.splice(1, 0, ${JSON.stringify(JOBCTL)}); require(${JSON.stringify(JOBCTL)})`;
  return startProgram(["-e", code, "--", ...args], { cwd: dir, env }).ended;
}

function theirs(jobs: string, top = ""): World {
  const w = world(jobs, top);
  execFileSync("chown", ["-R", `${NOBODY_KNOWN}:${NOBODY_KNOWN}`, w.dir]);
  return w;
}

describe.runIf(canTry)("a user id that nobody knows", () => {
  it("runs jobs, is called by its number, and looks back", async () => {
    const w = theirs("hello: { shell: 'echo $USER $HOME' }");
    expect(await asStranger(w, "run", "hello", "--verbose")).toMatchObject({ code: 0, stdout: `${NOBODY_KNOWN} ${w.dir}\n` });
    expect((await asStranger(w, "history")).stdout).toContain("✓ succeeded");
    expect((await asStranger(w, "show", "1")).stdout).toContain(`by         ${NOBODY_KNOWN}@`);
    expect((await asStranger(w, "pause", "hello")).stdout).toContain(`paused by ${NOBODY_KNOWN} since`);
  });

  it("may be named in access", async () => {
    const w = theirs(
      `
      kept: { command: ["true"], security: { permissions: ["a:b"] } }
      closed: { command: ["true"], security: { permissions: ["c:d"] } }
      `,
      `access: { "user:${NOBODY_KNOWN}": ["a:b"] }`,
    );
    expect((await asStranger(w, "run", "kept")).code).toBe(0);
    expect((await asStranger(w, "run", "closed")).code).toBe(77);
  });

  it("asks for its timers", async () => {
    const w = theirs("hello: { shell: echo hi, schedule: '@daily' }");
    expect(await asStranger(w, "timers")).toMatchObject({ code: 0, stderr: expect.stringContaining("no timers are installed") });
  });
});

it.runIf(canTry)("lets root look at another user's history, and makes nothing there that they could not write", async () => {
  const w = theirs("hello: { shell: echo hi, enabled: false }");
  expect((await asStranger(w, "run", "hello")).code).toBe(0);
  const place = ["--manifest", `${w.dir}/jobctl.yaml`];
  expect(await w.jobctl(["history", ...place, "--state-dir", w.stateDir])).toMatchObject({
    stderr: expect.stringContaining(
      `records of runs wait in ${w.stateDir}/spool; they are missing here until its owner looks, or runs a job`,
    ),
  });
  expect(w.exists("state/history.db")).toBe(false);
  expect((await asStranger(w, "history")).stdout).toContain("disabled");
});

it.runIf(canTry)("says that another user's history may not be read, and what to do", async () => {
  const w = world("hello: { shell: echo hi }");
  expect((await w.jobctl(["run", "hello"])).code).toBe(0);
  for (const folder of [w.dir, `${w.dir}/cache`]) chmodSync(folder, 0o755);
  for (const args of [["history"], ["show", "1"], ["logs", "hello"], ["status"], ["status", "--locks"]]) {
    expect(await asStranger(w, ...args)).toMatchObject({
      code: 77,
      stderr: `jobctl: ${w.stateDir}/history.db: permission denied; call as the user who owns the state directory, or as root\n`,
    });
  }
});
