import type { Prepare } from "../contest.ts";
import { cpuAndWall } from "../rows.ts";

const FEATURES = {
  "no such field": "",
  "a group and the host's limit": "group: heavy",
  "retry, exitCodes, expect, totalTimeout":
    "retry: { maxRetries: 3, backoff: exponential, initialDelay: 5m }, exitCodes: { 3: warn }, expect: { minDuration: 0s, output: { notMatch: panic } }, totalTimeout: 2h",
  "a secret from a file": "secrets: { KEY: file:key }",
  "limits of memory, CPU time, output, processes and time":
    "resources: { maxMemory: 1GB, maxCpuTime: 1h, maxDiskSpace: 1GB, maxProcesses: 100 }, maxOutput: 1MB, timeout: 1h, idleTimeout: 10m",
} as const;

/** What a run pays for the fields that its job uses: each beside a run without any, and all of them together. */
export const features: Prepare = (arena) => {
  arena.write("features/key", "k-5f7d1e90a2\n");
  const contestants = Object.entries({ ...FEATURES, "all of these": Object.values(FEATURES).filter(Boolean).join(", ") }).map(
    ([name, fields], index) => {
      // The host's limit concerns every job of a manifest.
      const limits = fields.includes("group") ? "limits: { running: 100 }\ngroups: { heavy: { limit: 5 } }\n" : "";
      const job = `  work: { command: [/bin/true]${fields === "" ? "" : `, ${fields}`} }\n`;
      const manifest = arena.write(
        `features/${index}.yaml`,
        `version: 1\nprefix: f${index}\nstateDir: state-${index}\n${limits}jobs:\n${job}`,
      );
      arena.once("run", "--manifest", manifest, "work");
      return { name: `a run with ${name}`, script: arena.jobctl("run", "--manifest", manifest, "work") };
    },
  );
  return { contestants, rows: (of) => contestants.flatMap((contestant) => cpuAndWall(of(contestant))) };
};
