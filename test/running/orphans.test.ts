import { spawn } from "node:child_process";
import { expect, it } from "vitest";
import type { Holder } from "../../src/running/job-lock.ts";
import { endOrphan } from "../../src/running/orphans.ts";
import { isRunning, processStat } from "../../src/system/processes.ts";

it.each([
  ["the group of the child that a killed supervisor left behind", 0, false],
  ["nothing of a group whose number was given away again", -1, true],
])("ends %s", async (_what, shift, survives) => {
  const other = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
  const pid = other.pid as number;
  const start = processStat(pid)?.start ?? 0;
  const child = { pid, start: start + shift };
  const holder: Holder = { key: "k", runId: 1, job: "a", startedAt: 0, supervisor: child, child, command: "", logPath: "", killAfter: 100 };
  await endOrphan(holder);
  expect(isRunning({ pid, start })).toBe(survives);
  other.kill("SIGKILL");
});
