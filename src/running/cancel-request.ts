import { readFileSync, rmSync } from "node:fs";
import type { RunOutcome, RunKey } from "../run.ts";
import { replacePrivate } from "../system/private-files.ts";
import { redactJson } from "./redact.ts";
import type { RunRequest } from "./run-request.ts";

/** Who cancels a run and why: a signal can't tell, so it waits in a file for the supervisor that gets the signal. */
export interface CancelRequest {
  by: string;
  reason: string | null;
}

const requestFile = (stateDir: string, key: RunKey): string => `${stateDir}/requests/${key}.json`;

export const writeCancelRequest = (stateDir: string, key: RunKey, request: CancelRequest): void =>
  replacePrivate(requestFile(stateDir, key), `${JSON.stringify(request)}\n`);

export const removeCancelRequest = (stateDir: string, key: RunKey): void => rmSync(requestFile(stateDir, key), { force: true });

/** Undefined where nobody said; a signal of the system or of a terminal has no file. */
export function cancelDetail(stateDir: string, key: RunKey): string | undefined {
  try {
    const { by, reason } = JSON.parse(readFileSync(requestFile(stateDir, key), "utf8")) as CancelRequest;
    return describeCancel({ by, reason });
  } catch {
    return undefined;
  }
}

export const describeCancel = ({ by, reason }: CancelRequest): string => (reason === null ? `by ${by}` : `by ${by}: ${reason}`);

/** The same end, and where it was cancelled who did that. */
export function toldBy<End extends { outcome: RunOutcome }>({ stateDir, start, secrets }: RunRequest, end: End): End {
  const { outcome } = end;
  const detail = outcome.status === "cancelled" ? cancelDetail(stateDir, start.key) : undefined;
  return detail === undefined ? end : { ...end, outcome: { ...outcome, detail: redactJson(detail, Object.values(secrets)) } };
}
