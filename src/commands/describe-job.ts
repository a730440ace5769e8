import type { CommandContext, RunOptions } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import type { Job, ScheduleSpec } from "../job.ts";
import { openManifest } from "../manifest/open-manifest.ts";
import { resolveJob } from "../manifest/resolve-job.ts";
import { type Style } from "../output/looks.ts";
import { styleFor } from "../output/style.ts";
import { renderFields, renderTable } from "../output/table.ts";
import { formatDuration } from "../output/times.ts";
import type { ModuleDescription } from "../running/host/protocol.ts";
import { describeWork } from "../running/holder.ts";
import { parseSchedule } from "../schedule/parse-schedule.ts";
import { scheduleWords } from "../schedule/words.ts";
import { formatSize } from "../units.ts";
import { askModule } from "./check-modules.ts";
import { manifestOptions } from "./manifest-options.ts";

/** `jobctl run <job> --help`: what the manifest and the module say of this job. */
export async function describeJob(options: RunOptions, context: CommandContext): Promise<number> {
  const { env, uid, stdout } = context;
  const resolved = resolveJob(await openManifest(manifestOptions(options, context)), options.job, { env, uid });
  const { job } = resolved;
  const style = await styleFor(stdout, env);
  const module = job.work.kind === "module" ? await askModule(resolved, job.work, context) : undefined;

  stdout.write(`${style.bold(job.name)}${job.title ? ` (${job.title})` : ""}\n`);
  const description = job.description ?? module?.description;
  if (description) stdout.write(`${description}\n`);
  stdout.write(`\n${renderFields(facts(job), (label) => style.dim(`  ${label}`), stdout.columns && stdout.columns - 2)}`);
  if (module) stdout.write(parameters(module, job, { style, width: stdout.columns }));
  stdout.write(`\nOptions of run: jobctl help run\n\nExamples:\n${examples(job, module)}`);
  return EXIT.ok;
}

function facts(job: Job): [string, string][] {
  const { schedule, timeout, killAfter, retry, overlap, window, resources, security, category, needs, organizations: list } = job;
  const rows: [string, string | undefined | false][] = [
    ["Runs", describeWork(job)],
    ["For each", job.scope === "organization" && list && `organization of: ${list.query ?? list.command.join(" ")}`],
    ["At once", job.scope === "organization" && `${resources.concurrencyLimit ?? 1}`],
    ["Schedule", schedule ? scheduleText(job, schedule) : "by hand only"],
    ["Enabled", job.enabled ? "yes" : "no"],
    ["Version", job.version],
    ["Category", category],
    ["Timeout", timeout === undefined ? "none" : `${formatDuration(timeout)}, then KILL after ${formatDuration(killAfter)}`],
    ["Idle timeout", job.idleTimeout !== undefined && formatDuration(job.idleTimeout)],
    ["In all", job.totalTimeout !== undefined && `at most ${formatDuration(job.totalTimeout)}, all attempts together`],
    ["Overlap", overlap],
    ["Group", job.group],
    ["Retries", retry.maxRetries > 0 && `${retry.maxRetries}, ${retry.backoff}, first after ${formatDuration(retry.initialDelay)}`],
    ["Needs", needs.map(({ job: name, within }) => `${name} (within ${formatDuration(within)})`).join(", ")],
    ["Window", window && `${window.from} to ${window.to} (${window.timezone})`],
    ["Memory", resources.maxMemory !== undefined && `at most ${formatSize(resources.maxMemory)}`],
    ["CPU time", resources.maxCpuTime !== undefined && `at most ${formatDuration(resources.maxCpuTime)}`],
    ["Disk space", resources.maxDiskSpace !== undefined && `at most ${formatSize(resources.maxDiskSpace)} written`],
    ["Processes", resources.maxProcesses !== undefined && `at most ${resources.maxProcesses}`],
    ["Load", resources.maxLoad !== undefined && `starts below ${resources.maxLoad} per core`],
    ["Free space", resources.minFree !== undefined && `starts above ${formatSize(resources.minFree)}`],
    ["Runs as", security.runAs],
    ["Environments", security.allowedEnvironments?.join(", ")],
    ["Permissions", security.permissions.join(", ")],
    ["Tags", job.tags.join(", ")],
    ["Manifest", job.place],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}

/** In words, and as the manifest has it. */
function scheduleText(job: Job, schedule: ScheduleSpec): string {
  const read = parseSchedule(schedule, job.name);
  return read.ok ? `${scheduleWords(read.schedule)}: ${schedule.expression}` : `${schedule.expression} (${schedule.timezone})`;
}

function parameters(
  { params, problems }: ModuleDescription,
  job: Job,
  { style, width }: { style: Style; width: number | undefined },
): string {
  const given = job.work.kind === "module" ? job.work.with : {};
  const columns = [
    { title: "  PARAMETER" },
    { title: "TYPE" },
    { title: "VALUE HERE" },
    { title: "DEFAULT" },
    { title: "MEANING", min: 20 },
  ];
  const rows = params.map(({ name, type, unit, default: standard, description, required }) => [
    `  ${name}`,
    unit ? `${type} (${unit})` : type,
    name in given ? JSON.stringify(given[name]) : "",
    standard === undefined || standard === null ? (required ? "required" : "") : JSON.stringify(standard),
    description ?? "",
  ]);
  const table = rows.length === 0 ? "  none\n" : renderTable(columns, rows, { width, paintTitle: style.dim });
  return `\nParameters (--set name=value)\n${table}${problems.map((problem) => style.red(`  problem: ${problem}\n`)).join("")}`;
}

function examples({ name }: Job, module: ModuleDescription | undefined): string {
  const first = module?.params.find(({ type }) => type !== "json")?.name;
  const lines = [`jobctl run ${name}`, `jobctl run ${name} --dry-run`, ...(first ? [`jobctl run ${name} --set ${first}=...`] : [])];
  return lines.map((line) => `  $ ${line}\n`).join("");
}
