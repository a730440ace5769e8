import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { loadLibc } from "../../src/system/libc.ts";
import { marked } from "../helpers/marked.ts";
import { JOBCTL, world } from "../helpers/world.ts";

describe("what a job leaves behind", () => {
  it("finds what left the process group by the mark in its environment", async () => {
    const w = world(`
      escaping:
        shell: setsid sh -c 'trap "" TERM; exec sleep 61' & sleep 60
        timeout: 300ms
        killAfter: 300ms
        env: { MARK: jobctl-escape-test }
    `);
    expect((await w.jobctl(["run", "escaping"])).code).toBe(124);
    expect(marked("MARK=jobctl-escape-test")).toEqual([]);
  });

  it("ends what a successful job leaves behind, also where it closed every descriptor and left the group", async () => {
    const w = world(`
      careless:
        shell: setsid sleep 62 </dev/null >/dev/null 2>&1 3>&- & echo done
        killAfter: 500ms
        env: { MARK: jobctl-leftover-test }
    `);
    expect((await w.jobctl(["run", "careless"])).code).toBe(0);
    expect(marked("MARK=jobctl-leftover-test")).toEqual([]);
  });

  it.runIf(loadLibc())("finds what left the process group and cleared its environment, and what that has made since", async () => {
    const w = world(`
      starter:
        shell: setsid env -i /bin/sh -c "trap '' TERM; sleep 63.25 & exec sleep 64.25" </dev/null >/dev/null 2>&1 3>&- &
        killAfter: 300ms
    `);
    expect(await w.jobctl(["run", "starter"])).toMatchObject({ code: 0 });
    expect(spawnSync("pgrep", ["-f", "^sleep 6[34].25$"], { encoding: "utf8" }).stdout).toBe("");
  });

  it("is no end for what others left running before the supervisor, nor for what that makes meanwhile", async () => {
    const w = world("short: { shell: setsid env -i sleep 65.25 & sleep 1.2, killAfter: 300ms }");
    const script = `(sleep 0.6; sleep 66.75; :) > /dev/null 2>&1 & exec ${process.execPath} ${JOBCTL} run short`;
    execFileSync("/bin/sh", ["-c", script], { env: w.env });
    const left = spawnSync("pgrep", ["-f", "^sleep 66.75$"], { encoding: "utf8" }).stdout;
    spawnSync("pkill", ["-f", "^sleep 6[56].[27]5$"]);
    expect(left).toMatch(/^\d+\n$/);
  });

  it.runIf(loadLibc())("waits for what ended after its parent, so that the table of processes does not fill up", async () => {
    const w = world(`
      daemons:
        shell: for n in 1 2 3 4 5 6 7 8; do (setsid sleep 0.1 &); done; sleep 1; ps -o state= --ppid $PPID > states
    `);
    expect(await w.jobctl(["run", "daemons"])).toMatchObject({ code: 0 });
    expect(w.read("states")).toMatch(/^[SR]\n$/);
  });

  it("keeps what is left behind when leftovers: keep asks for it, and frees the lock all the same", async () => {
    const w = world(`
      starter:
        shell: sleep 5 & echo $!
        leftovers: keep
        env: { MARK: jobctl-keep-test }
    `);
    expect((await w.jobctl(["run", "starter"])).code).toBe(0);
    expect(marked("MARK=jobctl-keep-test")).toEqual(["sleep 5"]);
    expect((await w.jobctl(["run", "starter"])).code).toBe(0);
    execFileSync("pkill", ["-f", "^sleep 5$"]);
  });
});
