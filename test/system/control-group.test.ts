import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { canUserLimitMemory, ownControlGroup } from "../../src/system/control-group.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** A root folder with these files of /proc and /sys. */
function rootWith(files: Record<string, string>): string {
  const root = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const UNIT = "system.slice/shop-report.service";
const SECOND = `sys/fs/cgroup/${UNIT}`;
const version2 = (more: Record<string, string> = {}): Record<string, string> => ({
  "proc/self/cgroup": `0::/${UNIT}\n`,
  "sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
  [`${SECOND}/cgroup.procs`]: "4711\n",
  [`${SECOND}/cpu.stat`]: "usage_usec 9000000000\nuser_usec 1\nsystem_usec 1\n",
  [`${SECOND}/memory.current`]: "1048576\n",
  [`${SECOND}/memory.peak`]: "73400320\n",
  [`${SECOND}/memory.max`]: "134217728\n",
  [`${SECOND}/memory.events`]: "low 0\nhigh 0\nmax 14\noom 1\noom_kill 2\noom_group_kill 0\n",
  ...more,
});
const UNIFIED = `sys/fs/cgroup/unified/${UNIT}`;
const USERS = "user.slice/user-1000.slice/user@1000.service";
const MEMORY = `sys/fs/cgroup/memory/${UNIT}`;
const version1 = (): Record<string, string> => ({
  "proc/self/cgroup": `9:name=systemd:/${UNIT}\n4:memory:/${UNIT}\n2:cpu,cpuacct:/\n0::/${UNIT}\n`,
  [`${UNIFIED}/cgroup.procs`]: "4711\n",
  [`${UNIFIED}/cpu.stat`]: "usage_usec 9000000000\n",
  [`${MEMORY}/memory.usage_in_bytes`]: "1048576\n",
  [`${MEMORY}/memory.max_usage_in_bytes`]: "73400320\n",
  [`${MEMORY}/memory.limit_in_bytes`]: "134217728\n",
  [`${MEMORY}/memory.oom_control`]: "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
});

describe("the control group of a unit", () => {
  it.each([
    ["2", version2()],
    ["1", version1()],
  ])("tells what all of its processes used, in version %s", (_, files) => {
    const group = ownControlGroup(4711, rootWith(files));
    expect(group?.memory()).toEqual({ current: 1_048_576, peak: 73_400_320 });
    expect(group?.memoryLimit()).toBe(134_217_728);
    expect(group?.oomKills()).toBe(2);
    const own = process.cpuUsage();
    expect(group?.cpuMs()).toBeCloseTo(9_000_000 - (own.user + own.system) / 1000, -3);
  });

  it.each([
    ["another process is in it", version2({ [`${SECOND}/cgroup.procs`]: "4711\n4712\n" })],
    ["it can't be read", { "proc/self/cgroup": "0::/../gone\n" }],
    ["there are none", {}],
  ])("is nobody's alone where %s", (_, files) => {
    expect(ownControlGroup(4711, rootWith(files))).toBeUndefined();
  });

  it("has no figure for what the kernel does not count", () => {
    const group = ownControlGroup(4711, rootWith({ ...version1(), [`${MEMORY}/memory.limit_in_bytes`]: "9223372036854771712\n" }));
    expect(group?.memoryLimit()).toBeUndefined();
    const older = version2({ [`${SECOND}/memory.peak`]: "", [`${SECOND}/memory.max`]: "max\n", [`${SECOND}/cpu.stat`]: "" });
    const poor = ownControlGroup(4711, rootWith(older));
    expect([poor?.memory(), poor?.memoryLimit(), poor?.cpuMs()]).toEqual([undefined, undefined, undefined]);
  });

  it("is no group of its own for memory where a user's manager has no such controller", () => {
    const shared = USERS;
    const files = Object.entries(version1()).map(([path, text]) => [path.replace(MEMORY, `sys/fs/cgroup/memory/${shared}`), text]);
    const group = ownControlGroup(
      4711,
      rootWith({ ...Object.fromEntries(files), "proc/self/cgroup": `4:memory:/${shared}\n0::/${UNIT}\n` }),
    );
    expect([group?.memory(), group?.memoryLimit(), group?.oomKills()]).toEqual([undefined, undefined, 0]);
  });

  it.each([
    ["in version 1", version1(), false],
    ["where it is delegated", { "cgroup.controllers": "memory", [`${USERS}/cgroup.controllers`]: "cpu memory pids\n" }, true],
    ["where it is not delegated", { "cgroup.controllers": "memory", [`${USERS}/cgroup.controllers`]: "pids\n" }, false],
    ["where the user's manager does not run yet", { "cgroup.controllers": "memory" }, true],
  ])("of a user %s can limit memory: %j", (_, files, can) => {
    const inMounts = Object.entries(files).map(([path, text]) => [path.startsWith("sys") ? path : `sys/fs/cgroup/${path}`, text]);
    expect(canUserLimitMemory(1000, rootWith(Object.fromEntries(inMounts)))).toBe(can);
  });

  it("offers the child to the kernel before its supervisor", () => {
    const files = { "proc/self/oom_score_adj": "200\n" };
    const scoreIn = (root: string): number | undefined => {
      const score = (): number => Number(readFileSync(join(root, "proc/self/oom_score_adj"), "utf8"));
      const raised = ownControlGroup(4711, root)?.offer(score);
      expect(score()).toBe(200);
      return raised;
    };
    expect(scoreIn(rootWith({ ...version2(files), [`${SECOND}/memory.max`]: "max\n" }))).toBe(300);
    const own = process.memoryUsage.rss();
    expect(scoreIn(rootWith({ ...version2(files), [`${SECOND}/memory.max`]: `${own * 8}\n` }))).toBeCloseTo(450, -2);
    expect(scoreIn(rootWith(version2(files)))).toBe(1000);
  });
});
