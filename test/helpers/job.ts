import type { Job } from "../../src/job.ts";

/** A job with every default, as the manifest room makes it. */
export function job(fields: Partial<Job> = {}): Job {
  return {
    name: "nightly",
    priority: 5,
    tags: [],
    critical: false,
    work: { kind: "command", argv: ["/bin/true"] },
    enabled: true,
    killAfter: 10_000,
    leftovers: "kill",
    overlap: "skip",
    scope: "host",
    retry: { maxRetries: 0, backoff: "fixed", initialDelay: 0, multiplier: 2, jitter: 0, never: [64, 77, 78] },
    onCrash: "leave",
    exitCodes: {},
    needs: [],
    env: {},
    secrets: {},
    resources: {},
    network: true,
    paths: [],
    hardening: "base",
    maxOutput: 10_000_000,
    monitoring: { retentionDays: 90 },
    security: { permissions: [], requiresAuthentication: false },
    place: "jobctl.yaml:3:3",
    ...fields,
  };
}
