import { describe, expect, it } from "vitest";
import type { Job, ScheduleSpec } from "../../src/job.ts";
import type { LatestRun } from "../../src/run.ts";
import { stateGates, staticGates, type StateFacts, type StaticFacts } from "../../src/running/gates.ts";
import { timeOfDay } from "../../src/system/host-facts.ts";
import { job } from "../helpers/job.ts";

const noon = Date.parse("2026-06-15T12:00:00Z");
const facts: StaticFacts = {
  now: noon,
  slot: noon,
  environment: "production",
  force: false,
  caller: () => ({ names: ["user:amy", "group:deploy"], isRoot: false }),
  access: { "group:deploy": ["system:cleanup"], "user:bob": ["users:manage"] },
  timeOfDay,
};
const schedule = (fields: Partial<ScheduleSpec>): ScheduleSpec => ({
  type: "cron",
  expression: "0 3 * * *",
  timezone: "UTC",
  catchUp: "last",
  catchUpWithin: 86_400_000,
  ...fields,
});
const security = (fields: Partial<Job["security"]>): Partial<Job> => ({
  security: { permissions: [], requiresAuthentication: false, ...fields },
});
const window = (from: string, to: string, timezone = "UTC"): Partial<Job> => ({ window: { from, to, timezone } });

const needs = (wait = 0) => ({ needs: [{ job: "import", within: 3_600_000, wait }] });

describe("the gates before the locks", () => {
  const table: [string, Partial<Job>, Partial<StaticFacts>, string | null][] = [
    ["pass a plain job", {}, {}, null],
    ["skip a disabled job", { enabled: false }, {}, "disabled"],
    ["let --force run a disabled job", { enabled: false }, { force: true }, null],
    ["pass an allowed environment", security({ allowedEnvironments: ["production", "staging"] }), {}, null],
    ["skip in another environment", security({ allowedEnvironments: ["staging"] }), {}, "environment"],
    ["skip in another environment also with --force", security({ allowedEnvironments: ["staging"] }), { force: true }, "environment"],
    ["pass a caller whose group holds the permission", security({ permissions: ["system:cleanup"] }), {}, null],
    ["skip a caller who lacks one of two permissions", security({ permissions: ["system:cleanup", "users:manage"] }), {}, "permission"],
    ["pass root whatever is asked", security({ permissions: ["x"] }), { caller: () => ({ names: ["user:root"], isRoot: true }) }, null],
    ["pass a caller who is named when that is asked", security({ requiresAuthentication: true }), {}, null],
    ["skip a caller who is not named", security({ requiresAuthentication: true }), { access: {} }, "permission"],
    ["skip before startDate", { schedule: schedule({ startDate: "2026-06-15T12:00:00.001Z" }) }, {}, "not-started"],
    ["pass at startDate", { schedule: schedule({ startDate: "2026-06-15T12:00:00.000Z" }) }, {}, null],
    ["pass at endDate", { schedule: schedule({ endDate: "2026-06-15T12:00:00.000Z" }) }, {}, null],
    ["skip after endDate", { schedule: schedule({ endDate: "2026-06-15T11:59:59.999Z" }) }, {}, "expired"],
    ["pass at a window's first minute", window("12:00", "13:00"), {}, null],
    ["skip at a window's last minute, which is not in it", window("11:00", "12:00"), {}, "window"],
    [
      "pass in a window over midnight, in its zone",
      window("22:00", "03:00", "Asia/Tokyo"),
      { now: Date.parse("2026-06-15T17:59:00Z") },
      null,
    ],
    ["skip after a window over midnight", window("22:00", "03:00", "Asia/Tokyo"), { now: Date.parse("2026-06-15T18:00:00Z") }, "window"],
    ["let --force pass a window", window("01:00", "02:00"), { force: true }, null],
  ];
  it.each(table)("%s", (_, fields, some, reason) => {
    const verdict = staticGates(job(fields), { ...facts, ...some });
    expect(verdict.pass ? null : verdict.reason).toBe(reason);
  });

  it("say who lacks what and where to grant it", () => {
    const verdict = staticGates(job(security({ permissions: ["system:cleanup", "users:manage"] })), facts);
    expect(verdict).toEqual({
      pass: false,
      reason: "permission",
      detail: "user:amy lacks users:manage; grant it under access: in the manifest",
    });
  });
});

describe("the gates after the locks", () => {
  const state: StateFacts = {
    force: false,
    paused: () => undefined,
    now: () => noon,
    latest: () => undefined,
    slotThisMinute: () => undefined,
    waited: 0,
    executions: () => 3,
    loadPerCore: () => 0.5,
    free: () => [{ path: "/var", bytes: 1e9 }],
  };
  const ran = (fields: Partial<LatestRun>): Pick<StateFacts, "latest"> => ({
    latest: (name) =>
      name === "import"
        ? { id: 7, status: "succeeded", scheduledFor: noon - 60_000, startedAt: noon - 60_000, finishedAt: noon - 30_000, ...fields }
        : undefined,
  });
  const table: [string, Partial<Job>, Partial<StateFacts>, string | null][] = [
    ["pass below maxExecutions", { schedule: schedule({ maxExecutions: 4 }) }, {}, null],
    ["skip when all executions are done", { schedule: schedule({ maxExecutions: 3 }) }, {}, "exhausted"],
    ["pass at the load that is allowed", { resources: { maxLoad: 0.5 } }, {}, null],
    ["skip above it", { resources: { maxLoad: 0.49 } }, {}, "load"],
    ["pass with just enough disk", { resources: { minFree: 1e9 } }, {}, null],
    ["skip with too little", { resources: { minFree: 1e9 + 1 } }, {}, "disk"],
    ["skip a paused job", {}, { paused: () => "paused by amy" }, "paused"],
    ["skip a paused job before they look at anything else", { resources: { maxLoad: 0 } }, { paused: () => "paused by amy" }, "paused"],
    ["let --force run a paused job", {}, { paused: () => "paused by amy", force: true }, null],
    ["skip when a needed job has never run", needs(), {}, "dependency"],
    ["pass when a needed job succeeded within the time", needs(), ran({}), null],
    ["pass when it succeeded just within the time", needs(), ran({ finishedAt: noon - 3_600_000 }), null],
    ["skip when that was too long ago", needs(), ran({ finishedAt: noon - 3_600_001 }), "dependency"],
    ["skip when its latest run failed", needs(), ran({ status: "failed" }), "dependency"],
    ["skip while it runs", needs(), ran({ status: "running", finishedAt: null }), "dependency"],
    ["pass without a wait also where it is due now", needs(), { ...ran({}), slotThisMinute: () => noon }, null],
    ["pass when what was due now has run", needs(1), { ...ran({ startedAt: noon }), slotThisMinute: () => noon }, null],
    ["pass after the wait for a run that was due and did not come", needs(5), { ...ran({}), slotThisMinute: () => noon, waited: 5 }, null],
    ["let --force pass a need", needs(), { force: true }, null],
    ["let --force pass them all", { resources: { maxLoad: 0, minFree: 1e12 } }, { force: true }, null],
  ];
  it.each(table)("%s", (_, fields, some, reason) => {
    const verdict = stateGates(job(fields), { ...state, ...some });
    expect(verdict.pass ? null : verdict.reason).toBe(reason);
  });

  it.each([
    ["runs", ran({ status: "running" }), "run 7 of import"],
    ["is due in this minute", { ...ran({}), slotThisMinute: () => noon }, "the run of import that is due now"],
  ])("are worth waiting for while a needed job %s, up to the need's wait", (_, some, waitsFor) => {
    const at = (waited: number) => stateGates(job(needs(5000)), { ...state, ...some, waited });
    expect(at(4999)).toMatchObject({ pass: false, reason: "dependency", waitsFor });
    expect(at(5000)).not.toHaveProperty("waitsFor");
  });

  it("do not wait for one job while another that is needed has failed", () => {
    const two = { needs: [...needs(5000).needs, { job: "other", within: 1, wait: 5000 }] };
    expect(stateGates(job(two), { ...state, ...ran({ status: "running" }) })).toEqual({
      pass: false,
      reason: "dependency",
      detail: "needs other, of which no run is recorded",
    });
  });
});
