import type { RunOutcome } from "../run.ts";
import { type Paint, statusLook } from "./looks.ts";
import { oneLine } from "./text.ts";

/** What is told of a run that was skipped. On its own, since a host skips often, and nothing else need be loaded to tell it. */
export function skipLine(job: string, { reason, detail }: RunOutcome & { status: "skipped" }, paint: Paint = String): string {
  return `${paint(statusLook("skipped", false).text.slice(0, 1))} ${job} skipped: ${reason}: ${oneLine(detail)}\n`;
}
