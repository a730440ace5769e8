import { EXIT } from "./exit-codes.ts";

/** Why jobctl itself cannot go on; each has one exit code. */
export type ErrorCode = keyof typeof EXIT;

/**
 * The one error class: jobctl itself can't go on. A failed job is no error but a RunOutcome.
 * The message says where, what was found, what is allowed and what to do next.
 */
export class JobctlError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "JobctlError";
    this.code = code;
  }
}

/** Bundles are loaded separately and each has its own copy of the class, so the name decides, not `instanceof`. */
export function isJobctlError(error: unknown): error is JobctlError {
  return error instanceof Error && error.name === "JobctlError";
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`, ...), or undefined. */
export function errnoCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
