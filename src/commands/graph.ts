import type { CommandContext, GlobalOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob, resolveJobs } from "../manifest/resolve-job.ts";
import { renderGraph, renderMermaid } from "../output/graph.ts";
import { jsonDocument } from "../output/json.ts";
import { styleFor } from "../output/style.ts";
import { jobGraph } from "../views/graph.ts";
import { manifestOptions } from "./manifest-options.ts";

export interface GraphOptions extends GlobalOptions {
  job?: string;
  mermaid: boolean;
  json: boolean;
}

/** Prints which jobs need which. */
export async function graph({ job, mermaid, json, ...options }: GraphOptions, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const manifest = await openManifest(manifestOptions(options, context));
  if (job !== undefined) resolveJob(manifest, job, context);
  const jobs = resolveJobs(manifest, context).map((each) => each.job);
  const nodes = jobGraph(jobs, job);
  if (json) stdout.write(jsonDocument(nodes));
  else stdout.write(mermaid ? renderMermaid(nodes) : renderGraph(nodes, await styleFor(stdout, env)));
  if (job === undefined) stderr.write(remark(nodes.length, jobs.length));
  return EXIT.ok;
}

function remark(connected: number, all: number): string {
  if (connected === 0) return "no job needs another (needs: in the manifest)\n";
  const others = all - connected;
  return others === 0 ? "" : `${others} more ${others === 1 ? "job needs none and is" : "jobs need none and are"} needed by none\n`;
}
