import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isRoot } from "../helpers/hosts.ts";
import { type Ended, JOBCTL, startProgram, type World, world } from "../helpers/world.ts";

/** No passwd(5) that we know has it. */
const NOBODY_KNOWN = 54_321;
const AS_THEM = `process.setgroups([]); process.setgid(${NOBODY_KNOWN}); process.setuid(${NOBODY_KNOWN});`;

/** Only root becomes somebody else, who then must reach this clone. */
const canTry =
  isRoot && spawnSync(process.execPath, ["-e", `${AS_THEM} require("fs").readFileSync(${JSON.stringify(JOBCTL)})`]).status === 0;
if (!canTry) console.warn("left out: root beside other users, which needs root, and a clone that others may read");

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

describe.runIf(isRoot)("root", () => {
  const STATE_RULE = "as root jobctl writes only where root alone can: call it as the folder's owner (sudo -u), or set another stateDir";

  it.each([[["run", "hello"]], [["pause", "hello"]], [["resume", "hello"]], [["drain"]], [["cancel", "hello"]], [["uninstall-timers"]]])(
    "neither writes in another user's state directory, nor acts on what is there: %j",
    async (args) => {
      const w = world("hello: { shell: echo hi }");
      mkdirSync(w.stateDir);
      chownSync(w.stateDir, NOBODY_KNOWN, NOBODY_KNOWN);
      expect(await w.jobctl(args)).toMatchObject({
        code: 78,
        stdout: "",
        stderr: `jobctl: ${w.stateDir}: belongs to user ${NOBODY_KNOWN}, not to root (chown root ${w.stateDir}); ${STATE_RULE}\n`,
      });
      expect(readdirSync(w.stateDir)).toEqual([]);
    },
  );

  it("makes no state directory in a folder that others can change", async () => {
    const w = world("hello: { shell: echo hi }");
    const shared = `${w.dir}/shared`;
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    const { code, stderr } = await w.jobctl(["run", "hello", "--state-dir", `${shared}/state`]);
    expect([code, stderr]).toEqual([78, `jobctl: ${shared}: can be written by others than root (chmod go-w ${shared}); ${STATE_RULE}\n`]);
    expect(readdirSync(shared)).toEqual([]);
    expect((await w.jobctl(["doctor", "--state-dir", `${shared}/state`])).stdout).toContain(
      `${shared}: can be written by others than root`,
    );
  });

  it("imports only a module that root alone can change, and reads only such a secret", async () => {
    const w = world(`
      module: { uses: ./a.mjs }
      secret: { shell: "true", secrets: { KEY: file:key } }
    `);
    for (const file of [w.write("a.mjs", "export default {}"), w.write("key", "secret-value")]) chownSync(file, NOBODY_KNOWN, NOBODY_KNOWN);
    const isTheirs = (file: string): string =>
      `${w.dir}/${file}: belongs to user ${NOBODY_KNOWN}, not to root (chown root ${w.dir}/${file})`;
    for (const [args, file] of [
      [["run", "module"], "a.mjs"],
      [["validate"], "a.mjs"],
      [["run", "module", "--help"], "a.mjs"],
      [["run", "secret"], "key"],
    ] as const) {
      const { code, stdout, stderr } = await w.jobctl(args);
      expect([code, stdout + stderr]).toEqual([78, expect.stringContaining(isTheirs(file))]);
    }
  });

  it.runIf(canTry)("imports and runs as the job's user a module of whomever", async () => {
    const w = world("theirs: { uses: ./a.mjs, security: { runAs: nobody } }");
    const uid = Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" }));
    chownSync(
      w.write(
        "a.mjs",
        `import { defineJob } from "jobctl";
         export default defineJob({ description: "of " + process.getuid(), run: async () => ({ uid: process.getuid() }) });`,
      ),
      NOBODY_KNOWN,
      NOBODY_KNOWN,
    );
    chmodSync(w.dir, 0o755);
    expect((await w.jobctl(["run", "theirs", "--help"])).stdout).toContain(`of ${uid}\n`);
    expect(await w.jobctl(["validate"])).toMatchObject({ code: 0 });
    expect(JSON.parse((await w.jobctl(["run", "theirs", "--json"])).stdout)).toMatchObject({ status: "succeeded", result: { uid } });
  });
});
