import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromSeed } from "../../src/manifest/seed-metadata.ts";
import { load, problemsOf } from "../helpers/manifest.ts";

const seed = (name: string): string => readFileSync(new URL(`../fixtures/manifest/${name}.yaml`, import.meta.url), "utf8");

describe("the seed metadata", () => {
  it("takes the user data clean-up whole", () => {
    const job = load(seed("user-data-cleanup")).jobs["user-data-cleanup"]?.base;
    expect(job).toMatchObject({
      title: "User Data Cleanup",
      version: "1.0.0",
      category: "cleanup",
      priority: 5,
      overlap: "skip",
      scope: "host",
      timeout: 1_800_000,
      retry: { maxRetries: 3, backoff: "exponential", initialDelay: 300_000, maxDelay: 1_800_000, multiplier: 2 },
      resources: { maxMemory: 512 * 1024 ** 2, maxCpuTime: 1_500_000, maxDiskSpace: 1000 * 1024 ** 2, maxLoad: 0.8, concurrencyLimit: 1 },
      needs: [],
      critical: false,
      monitoring: { successThreshold: 95, performanceThreshold: 1_200_000, retentionDays: 90 },
      alerts: { onFailure: true, onLongRunning: true },
      security: {
        allowedEnvironments: ["production", "staging"],
        permissions: ["system:cleanup", "users:manage"],
        requiresAuthentication: false,
        runAs: "system",
      },
      window: { from: "01:00", to: "05:00", timezone: "UTC" },
      schedule: { type: "cron", expression: "0 2 * * *", timezone: "UTC", catchUp: "last" },
    });
  });

  it("takes the email digest whole, with the multiplier 2 that it leaves out", () => {
    const job = load(seed("email-digest")).jobs["email-digest"]?.base;
    expect(job).toMatchObject({
      title: "Email Digest",
      priority: 8,
      scope: "organization",
      retry: { maxRetries: 2, backoff: "linear", initialDelay: 60_000, maxDelay: 600_000, multiplier: 2 },
      resources: { concurrencyLimit: 5 },
      monitoring: { successThreshold: 90, retentionDays: 30 },
      alerts: { onFailure: true, onLongRunning: false, onResourceUsage: true },
      schedule: {
        startDate: "2026-01-01T00:00:00.000Z",
        endDate: "2036-12-31T05:00:00.000Z",
        maxExecutions: 5000,
        timezone: "America/New_York",
      },
    });
  });

  it.each([
    ["name: T", { title: "T" }, { name: "T" }],
    ["isCritical", { critical: true }, { isCritical: true }],
    ["dependencies", { needs: ["a"] }, { dependencies: ["a"] }],
    ["single-instance", { overlap: "skip" }, { executionMode: "single-instance" as const }],
    ["multiple-instances", { overlap: "allow" }, { executionMode: "multiple-instances" as const }],
    [
      "organization-scoped",
      { scope: "organization", organizations: { query: "SELECT id FROM organizations ORDER BY id" } },
      { executionMode: "organization-scoped" as const },
    ],
    [
      "organization-scoped with a list of its own",
      { scope: "organization", organizations: { command: ["tenants"] } },
      { executionMode: "organization-scoped" as const, organizations: { command: ["tenants"] } },
    ],
    ["distributed", { scope: "cluster" }, { executionMode: "distributed" as const }],
    ["retryable: false", { retry: { maxRetries: 0 } }, { retryable: false, retryPolicy: { maxRetries: 3 } }],
    ["retryable: true", {}, { retryable: true }],
    [
      "backoffStrategy",
      { retry: { backoff: "fixed", multiplier: 3 } },
      { retryPolicy: { backoffStrategy: "fixed" as const, backoffMultiplier: 3 } },
    ],
    [
      "alertOnFailure",
      { monitoring: { retentionDays: 1 }, alerts: { onFailure: true } },
      { monitoring: { alertOnFailure: true, retentionDays: 1 } },
    ],
    ["its own spelling untouched", { title: "T", retry: { maxRetries: 1 } }, { title: "T", retry: { maxRetries: 1 } }],
  ])("translates %s", (_, ours, theirs) => {
    expect(fromSeed(theirs)).toEqual(ours);
  });

  it("refuses both spellings of one field, and an id of another job", () => {
    expect(problemsOf("jobs:\n  a: { shell: x, name: A, title: B, id: other }\n")).toEqual([
      "jobs.a.name: says the same as title; keep one of the two (jobctl.yaml:2:18)",
      'jobs.a.id: "other" is not this job\'s name, "a"; take id out or rename the job (jobctl.yaml:2:41)',
    ]);
  });
});
