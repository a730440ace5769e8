import { formatDuration, type JobContext } from "jobctl";
import { checkCertificate } from "./certificate.ts";
import type { Check } from "./checks.ts";
import { checkHttp, checkTcp } from "./network.ts";
import { checkDatabase, checkDisk, checkMemory, checkSystemd } from "./system.ts";
import type { ProbeContext, Status, Verdict } from "./verdict.ts";

export interface Finding {
  name: string;
  status: Status;
  latencyMs: number;
  detail: string;
}

/** Looks once, and no longer than the check's own time. Rejects only when the run is cancelled. */
export async function probe(check: Check, context: JobContext<unknown>): Promise<Finding> {
  const began = performance.now();
  const verdict = await inTime(check, context);
  context.signal.throwIfAborted();
  const latencyMs = Math.round(performance.now() - began);
  return { name: check.name, latencyMs, ...orSlow(verdict, latencyMs, check.degradedAfter) };
}

/** A check that does not heed its signal is left behind when its time is over. */
async function inTime(check: Check, context: JobContext<unknown>): Promise<Verdict> {
  const { promise: over, resolve } = Promise.withResolvers<Verdict>();
  const down: Verdict = { status: "down", detail: `no answer within ${formatDuration(check.timeout)}` };
  const stop = new AbortController();
  const timer = setTimeout(() => {
    resolve(down);
    stop.abort();
  }, check.timeout);
  const signal = AbortSignal.any([context.signal, stop.signal]);
  signal.addEventListener("abort", () => resolve(down), { once: true });
  const looked = look(check, { ...pick(context), signal }).catch((error: unknown): Verdict => ({ status: "down", detail: reason(error) }));
  try {
    return await Promise.race([looked, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** The database is opened on first use, and a check of another kind must not open it. */
function pick(context: JobContext<unknown>): Omit<ProbeContext, "signal"> {
  return { folder: context.folder, now: context.now, ask: async () => void (await context.sql`SELECT 1`.execute(context.db)) };
}

async function look(check: Check, context: ProbeContext): Promise<Verdict> {
  switch (check.type) {
    case "http":
      return checkHttp(check, context);
    case "tcp":
      return checkTcp(check, context);
    case "database":
      return checkDatabase(context);
    case "disk":
      return checkDisk(check, context);
    case "memory":
      return checkMemory(check);
    case "certificate":
      return checkCertificate(check, context);
    case "systemd":
      return checkSystemd(check, context);
    default:
      return check satisfies never;
  }
}

function orSlow(verdict: Verdict, latencyMs: number, degradedAfter: number): Verdict {
  if (verdict.status !== "ok" || latencyMs <= degradedAfter) return verdict;
  return { status: "degraded", detail: `${verdict.detail}, but after ${latencyMs} ms; more than ${formatDuration(degradedAfter)} is slow` };
}

/** `fetch` says what is wrong in the cause of its error; Node's own connections try several addresses. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return reason(error.cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
