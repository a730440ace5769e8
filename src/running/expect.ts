import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Expectation } from "../job.ts";
import { formatDuration, formatSize } from "../units.ts";

/** What a run showed besides its exit code. */
export interface Evidence {
  /** Did a line of the output match `output.match`, `output.notMatch`? */
  matched: boolean;
  notMatched: string | undefined;
  bytes: number;
  durationMs: number;
  /** Milliseconds since the epoch. */
  startedAt: number;
  folder: string;
}

/** Watches the lines of an output for the patterns of `expect.output`. */
export function watchPatterns({ output }: Expectation = {}): {
  line(text: string): void;
  matched(): boolean;
  notMatched(): string | undefined;
} {
  const match = output?.match === undefined ? undefined : new RegExp(output.match);
  const notMatch = output?.notMatch === undefined ? undefined : new RegExp(output.notMatch);
  let matched = match === undefined;
  let offending: string | undefined;
  return {
    line(bytes) {
      if (matched && (notMatch === undefined || offending !== undefined)) return;
      const text = Buffer.from(bytes, "latin1").toString();
      matched ||= match?.test(text) ?? true;
      if (offending === undefined && notMatch?.test(text)) offending = text;
    },
    matched: () => matched,
    notMatched: () => offending,
  };
}

/** What is not as expected, in words; undefined where all is well. */
export function unmetExpectation(expect: Expectation, evidence: Evidence): string | undefined {
  const { output, minBytes, minDuration, artifact } = expect;
  if (!evidence.matched) return `no line of the output matches /${output?.match}/ (expect.output.match)`;
  if (evidence.notMatched !== undefined) {
    return `a line of the output matches /${output?.notMatch}/ (expect.output.notMatch): ${evidence.notMatched.slice(0, 200)}`;
  }
  if (minBytes !== undefined && evidence.bytes < minBytes)
    return `it printed ${evidence.bytes} bytes, expected are at least ${minBytes} (expect.minBytes)`;
  if (minDuration !== undefined && evidence.durationMs < minDuration) {
    return `it took ${formatDuration(evidence.durationMs)}, expected are at least ${formatDuration(minDuration)} (expect.minDuration)`;
  }
  return artifact && missingArtifact(resolve(evidence.folder, artifact.path), artifact.minSize, evidence.startedAt);
}

/** Yesterday's file proves nothing: it must have been written since the run began. File systems may keep whole seconds only. */
function missingArtifact(path: string, minSize: number, startedAt: number): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return `${path} is not there (expect.artifact)`;
  if (found.mtimeMs < Math.floor(startedAt / 1000) * 1000) return `${path} was not written by this run (expect.artifact)`;
  if (found.size < minSize)
    return `${path} has ${formatSize(found.size)}, expected are at least ${formatSize(minSize)} (expect.artifact.minSize)`;
  return undefined;
}
