import { isJobctlError } from "../errors.ts";
import type { Json } from "../job.ts";
import { type ContextRoom, errorText } from "./create-context.ts";
import type { JobDefinition } from "./define-job.ts";
import { checkedResult } from "./json-result.ts";

/** How a job ended; the host tells its supervisor just this. */
export type JobEnd =
  /** The job's own check said no; nothing was done. */
  | { type: "skip"; detail: string }
  | { type: "result"; result: Json }
  /** A thrown error; `result` holds the partial counts where the job kept any. */
  | {
      type: "error";
      error: string;
      result?: Json;
      /** The job's set-up is wrong (module, parameters, a table that is not there): exit 78, not worth a retry. */
      config?: true;
      /** The job ended because of the signal that it was sent. */
      cancelled?: true;
    };

/** check, before, run, after; onError where one of the last three throws, which is then thrown on. */
export async function performJob(job: JobDefinition, room: ContextRoom): Promise<JobEnd> {
  const { context } = room;
  const may = (await job.check?.(context)) ?? true;
  if (may !== true) return { type: "skip", detail: may === false ? "the job's own check said no" : may };
  try {
    await job.before?.(context);
    const result = checkedResult(await job.run(context));
    await job.after?.(context, result);
    return returned(room, result);
  } catch (error) {
    await job.onError?.(context, error);
    throw error;
  }
}

/** The end of a job that threw, or that never came to its context. @param reason of the cancellation, if it was cancelled */
export function thrown(error: unknown, reason: Error | undefined, room: ContextRoom | undefined): JobEnd {
  const cancelled = reason !== undefined && (error === reason || (error as { cause?: unknown } | null)?.cause === reason);
  const counts = room ? withCounts(room, null, room.verdict(100)?.failures) : null;
  return {
    type: "error",
    error: cancelled ? reason.message : errorText(error),
    ...(counts === null ? {} : { result: counts }),
    ...(isJobctlError(error) && error.code === "config" ? { config: true } : {}),
    ...(cancelled ? { cancelled } : {}),
  };
}

/** Counts are part of the result; failed items make the run fail where too few succeeded. */
function returned(room: ContextRoom, result: Json): JobEnd {
  const verdict = room.verdict(minSuccess(room.context.params));
  const told = withCounts(room, result, verdict?.failures);
  return !verdict || verdict.enough ? { type: "result", result: told } : { type: "error", error: verdict.text, result: told };
}

function minSuccess(params: Readonly<Record<string, unknown>>): number {
  return typeof params["minSuccess"] === "number" ? params["minSuccess"] : 100;
}

function withCounts(room: ContextRoom, result: Json, failures?: Json): Json {
  const counts = room.counts();
  const more = { ...counts, ...(failures === undefined ? {} : { failures }) };
  if (Object.keys(more).length === 0) return result;
  if (result === null) return more;
  return typeof result === "object" && !Array.isArray(result) ? { ...more, ...result } : { ...more, result };
}
