import type { Run } from "../run.ts";
import { statusLook, type Style } from "./looks.ts";
import { oneLine } from "./text.ts";
import { formatDuration } from "./times.ts";

/** `✓ succeeded  nightly  run 12  after 5.0s  deleted 12`: one line on how a run ended. */
export function runLine(run: Run, why: string, style: Style): string {
  const { text, colour } = statusLook(run.status, run.warn);
  const took = run.durationMs === null || run.status === "skipped" ? [] : [`after ${formatDuration(run.durationMs)}`];
  return [
    style[colour](text),
    style.bold(run.organization === null ? run.job : `${run.job} (${run.organization})`),
    style.dim(`run ${run.id}`),
    ...took,
    ...(why === "" ? [] : [oneLine(why)]),
  ].join("  ");
}
