import { describe, expect, it } from "vitest";
import type { Job } from "../../src/job.ts";
import { fidelity, impossibilities } from "../../src/timers/fidelity.ts";
import type { TimerTarget } from "../../src/timers/target.ts";
import { targetProblems } from "../../src/timers/target-problems.ts";
import { TARGET_KINDS, type TargetKind } from "../../src/timer-target.ts";
import { at, source, target, timed } from "./source.ts";

const reportOf = (job: Job, kind: TargetKind, fields: Partial<TimerTarget> = {}) => fidelity(source([job]), target(fields), kind)[0];
const refusals = (job: Job, kind: TargetKind, fields: Partial<TimerTarget> = {}) => impossibilities(source([job]), target(fields), kind);
const as = (runAs: string): Job["security"] => ({ permissions: [], requiresAuthentication: false, runAs });

describe("the fidelity report", () => {
  it("tells what systemd does and what jobctl does", () => {
    const job = timed("a", {
      schedule: at("every 7m", { jitter: 1000, catchUp: "all", maxExecutions: 3, endDate: "2030-01-01T00:00:00Z" }),
      network: false,
      timeout: 1000,
      resources: { maxMemory: 1e9 },
    });
    expect(reportOf(job, "systemd")).toEqual({
      job: "a",
      native: [
        "catch-up after the machine was off: Persistent=",
        "jitter: RandomizedDelaySec=, the same at each start",
        "maxMemory: MemoryMax=, behind jobctl's own watch",
        "network: false, by PrivateNetwork=",
        "hardening: everything that Node survives",
      ],
      byJobctl: [
        "schedule: wakes more often, and starts the job only when it is due",
        "overlap: skip; what comes due during a run is started by systemd when that run ends, where cron would skip it",
        "catchUp: all, one start runs every missed slot",
        "startDate, endDate",
        "maxExecutions",
        "timeouts",
      ],
    });
  });

  it("tells what cron does and what jobctl does", () => {
    expect(reportOf(timed("a", { schedule: at("0 3 * * *", { jitter: 1000 }) }), "crontab")).toEqual({
      job: "a",
      native: ["schedule: crontab fields"],
      byJobctl: ["catchUp: last, at the next start and at boot", "jitter: waits before the start", "overlap: skip"],
    });
    expect(reportOf(timed("a", { schedule: at("every 90s") }), "crontab")?.byJobctl[0]).toBe(
      "schedule: wakes more often, and starts the job only when it is due, up to 59 s late",
    );
  });

  it.each([
    [
      "seconds",
      timed("a", { schedule: at("every 10s") }),
      "crontab",
      {},
      "cron can't start it at every 10 s: use systemd timers, or a schedule of whole minutes",
    ],
    ["no network", timed("a", { network: false }), "cron.d", {}, "network: false: cron can't take the network away; use systemd timers"],
    [
      "a unit for failures",
      timed("a", { onFailureUnit: "failed.service" }),
      "crontab",
      {},
      "onFailureUnit: cron starts no units; use onFailure, a command, or systemd timers",
    ],
    ["hardening", timed("a", { hardening: "full" }), "crontab", {}, "hardening: full: cron can't confine a job; use systemd timers"],
    [
      "credentials",
      timed("a", { secrets: { A: "credential:a" } }),
      "crontab",
      {},
      "credential: secrets come from systemd: use file: or systemd timers",
    ],
    [
      "another user's job",
      timed("a", { security: as("backup") }),
      "crontab",
      { scope: "user", user: "deploy" },
      "runAs: backup is not possible in timers of user deploy: only root can become another user",
    ],
    [
      "another user's job",
      timed("a", { security: as("backup") }),
      "systemd",
      { user: "deploy" },
      "runAs: backup is not possible in a service of user deploy: only root can become another user",
    ],
    [
      "no network",
      timed("a", { network: false }),
      "systemd",
      { scope: "user", user: "deploy" },
      "network: false needs the system's manager: a user's can't take the network away",
    ],
  ] as const)("refuses %s of %j on %s with %j", (_, job, kind, fields, problem) => {
    expect(refusals(job, kind, fields)).toEqual([`jobs.a: ${problem}`]);
  });

  it("refuses nothing where the job's user is the timers' own, or root's", () => {
    expect(refusals(timed("a", { security: as("deploy") }), "crontab", { scope: "user", user: "deploy" })).toEqual([]);
    expect(refusals(timed("a", { security: as("backup") }), "systemd")).toEqual([]);
  });

  it("lists the jobs that get no timer, with the reason", () => {
    const { schedule: _, ...byHand } = timed("b");
    const jobs = [
      timed("a", { enabled: false }),
      byHand,
      timed("c", { security: { permissions: [], requiresAuthentication: false, allowedEnvironments: ["staging", "test"] } }),
    ];
    expect(source(jobs).leftOut).toEqual([
      { name: "a", reason: "disabled" },
      { name: "b", reason: "no schedule: by hand only" },
      { name: "c", reason: "not allowed in production (allowed: staging, test)" },
    ]);
  });

  it.each([
    ["at 2026-01-14T11:59:59Z", {}, "expired: its last time was 2026-01-14T11:59:59.000Z"],
    ["at 2026-01-14T12:00:00Z", {}, undefined],
    ["at 2026-01-15T11:54:59Z", { catchUp: "none" }, "expired: its last time was 2026-01-15T11:54:59.000Z"],
    ["at 2026-01-15T11:55:00Z", { catchUp: "none" }, undefined],
    ["at 2026-01-15T12:00:01Z", { catchUp: "none" }, undefined],
    ["0 3 * * *", { endDate: "2026-01-14T04:00:00Z" }, "expired: its last time was 2026-01-14T03:00:00.000Z"],
    ["0 3 * * *", { endDate: "2026-01-15T04:00:00Z" }, undefined],
    [
      "0 3 * * *",
      { startDate: "2026-01-16T04:00:00Z", endDate: "2026-01-17T02:00:00Z" },
      "expired: no time before its end, 2026-01-17T02:00:00Z",
    ],
    ["every 1h", { endDate: "2026-01-10T00:30:00Z" }, "expired: its last time was 2026-01-10T00:00:00.000Z"],
  ] as const)("leaves out what is over and too old to be caught up: %s %j", (expression, fields, reason) => {
    const { timed: kept, leftOut } = source([timed("a", { schedule: at(expression, fields) })], {}, Date.parse("2026-01-15T12:00:00Z"));
    expect({ kept: kept.length, leftOut }).toEqual({ kept: reason ? 0 : 1, leftOut: reason ? [{ name: "a", reason }] : [] });
  });
});

describe("a target", () => {
  it.each(TARGET_KINDS)("on %s has no problem as it is", (kind) => {
    expect(targetProblems(source([timed("a")]), target(), kind)).toEqual([]);
  });

  it.each([
    [
      { program: "/root/.npm/_npx/1a2b/node_modules/jobctl/bin/jobctl.js" },
      "systemd",
      "/root/.npm/_npx/1a2b/node_modules/jobctl/bin/jobctl.js is in a folder that does not stay, and timers would outlive it: install jobctl for good (npm install --global jobctl)",
    ],
    [
      { node: "/tmp/node" },
      "crontab",
      "/tmp/node is in a folder that does not stay, and timers would outlive it: install jobctl for good (npm install --global jobctl)",
    ],
    [
      { node: "/opt/my node/bin/node" },
      "systemd",
      'systemd can\'t start "/opt/my node/bin/node": its path has signs other than letters, digits and _ / . , : = + -',
    ],
    [{ stateDir: "var/lib" }, "crontab", 'the path of the state directory, "var/lib", is not absolute'],
    [{ stateDir: "/var/a\nb" }, "crontab", 'the path of the state directory, "/var/a\\nb", has a control character in it: rename it'],
    [{ stateDir: "/var/a\\" }, "systemd", 'the path of the state directory, "/var/a\\\\", ends with a backslash: rename it'],
    [{ user: "a b" }, "cron.d", '"a b" is no user name for /etc/cron.d'],
    [{ stateDir: `/${"x".repeat(900)}` }, "crontab", "a line of 1044 bytes is longer than the 998 that cron takes: use shorter paths"],
  ] as const)("with %j is refused on %s", (fields, kind, problem) => {
    expect(targetProblems(source([timed("a")]), target(fields), kind)).toEqual([problem]);
  });

  it("with more lines than cron reads is refused", () => {
    const jobs = Array.from({ length: 10_000 }, (_, index) => timed(`job-${index}`));
    expect(targetProblems(source(jobs), target(), "crontab")).toEqual([
      "10005 lines are more than the 10000 that cron reads: use systemd timers",
    ]);
  });
});
