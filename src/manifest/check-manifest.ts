import { relative } from "node:path";
import type { Job, JobVariants, Json, Manifest } from "../job.ts";
import type { Inputs } from "./compiled-copy.ts";
import { checkJob, checkNeeds, checkWork } from "./check-job.ts";
import { defined, normalizeJob, texts } from "./normalize-job.ts";
import { overlay } from "./overlay.ts";
import type { Finding, Path, Problem } from "./problem.ts";
import { pathText, sortProblems } from "./problem.ts";
import { quickHash } from "./quick-hash.ts";
import type { Source } from "./read-source.ts";
import { readSources } from "./read-sources.ts";
import type { JobFields, ManifestFile } from "./schema.ts";
import type { Caller } from "./scope.ts";
import { fromSeed, type OwnFields, seedProblems } from "./seed-metadata.ts";
import { templateOptions } from "./template-options.ts";
import { checkTemplates, type TemplateOptions } from "./typed-templates.ts";
import { findZone } from "../schedule/zone.ts";
import { isProblem } from "../schedule/schedule.ts";

export interface Checked {
  /** What could be read; only fit for use without problems. Undefined where a file is no YAML. */
  manifest: Manifest | undefined;
  problems: Problem[];
  inputs: Inputs;
  /** True where the environment decided a number, a duration or a choice: the manifest then holds for this environment only. */
  depends: boolean;
  sources: Source[];
}

/** One file's checked value, and its problems gathered with their places. */
interface Part {
  source: Source;
  value: ManifestFile;
  /** Jobs that a problem keeps from being read on. */
  bad: Set<string>;
}

export interface CheckOptions extends Caller {
  cwd: string;
}

/** Reads and checks a whole manifest. Finds every problem; throws JobctlError("config") only where a file can't be read. */
export function checkManifest(path: string, options: CheckOptions): Checked {
  const { main, included, inputs, unusable } = readSources(path, options.uid);
  const sources = [main, ...included];
  const problems: Problem[] = [];
  const report = (source: Source, finding: Finding): void => {
    problems.push(placed(source, finding, options.cwd));
  };
  for (const { path: at, message } of unusable) report(main, { path: at, part: "value", message });
  const templates = templateOptions(path, main, options);
  let depends = false;
  const parts = sources.flatMap((source) => {
    const checked = checkSource(source, templates, report, source === main);
    depends ||= checked?.depends ?? false;
    return checked ? [checked.part] : [];
  });
  const manifest = parts.length === sources.length ? assemble(parts, report) : undefined;
  return { manifest, problems: sortProblems(problems), inputs, depends, sources };
}

export function placed(source: Source, { path, part, message }: Finding, cwd: string): Problem {
  const file = relative(cwd, source.path);
  return { file: file.startsWith("..") ? source.path : file, ...source.placeOf(path, part), path: pathText(path), message };
}

type Report = (source: Source, finding: Finding) => void;

function checkSource(
  source: Source,
  templates: (value: Json, isMain: boolean) => TemplateOptions,
  report: Report,
  isMain: boolean,
): { part: Part; depends: boolean } | undefined {
  const { broken, value } = source;
  const unfit =
    broken?.message ??
    (value === undefined || value === null ? "the file is empty; a manifest begins with version: 1 and jobs:" : undefined);
  if (unfit !== undefined) {
    report(source, { path: [], part: "value", message: unfit });
    return undefined;
  }
  const raw = value as Json;
  const checked = checkTemplates(raw, templates(raw, isMain));
  const findings = [...checked.findings, ...forbiddenContent(raw)];
  for (const finding of findings) report(source, finding);
  return { part: { source, ...withoutBad(checked.value, findings) }, depends: checked.depends };
}

/** The rules over several fields are checked on what is right so far, so that all problems show at once. */
function withoutBad(value: Json, findings: Finding[]): Pick<Part, "value" | "bad"> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { value: {}, bad: new Set() };
  const inJobs = findings.filter(({ path }) => path[0] === "jobs" && path.length > 1);
  const elsewhere = new Set(findings.filter((finding) => !inJobs.includes(finding)).map(({ path }) => path[0]));
  const good = Object.entries(value).filter(([field]) => !elsewhere.has(field));
  return { value: Object.fromEntries(good) as ManifestFile, bad: new Set(inJobs.map(({ path }) => String(path[1]))) };
}

/** Keys that JavaScript gives a meaning of its own (the schema does not look at them), and NUL, which no path or argument can hold. */
function forbiddenContent(value: Json): Finding[] {
  if (typeof value === "string")
    return value.includes("\0") ? [{ path: [], part: "value", message: "has a NUL character in it; take it out" }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const step = Array.isArray(value) ? Number(key) : key;
    if (FORBIDDEN.has(key)) return [{ path: [step], part: "key" as const, message: "can't be a name; choose another" }];
    const found = forbiddenContent((value as Record<string, Json>)[key] as Json);
    return found.map((finding) => ({ ...finding, path: [step, ...finding.path] }));
  });
}

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

function assemble(parts: Part[], report: Report): Manifest {
  const [{ source: main, value: top }] = parts as [Part];
  const all = mergeParts(parts, report);
  const zone = top.timezone ?? "UTC";
  const checkedZone = findZone(zone);
  if (isProblem(checkedZone)) report(main, { path: ["timezone"], part: "value", message: checkedZone.problem });
  const jobs = assembleJobs(parts, { all, zone }, report);
  return defined<Manifest>({
    path: main.path,
    digest: quickHash(Buffer.concat(parts.map(({ source }) => source.bytes))),
    prefix: top.prefix ?? "jobctl",
    timezone: defaultZone(zone),
    stateDir: top.stateDir,
    envFile: top.envFile,
    env: texts(all.env),
    database: top.database,
    mail: top.mail,
    access: all.access,
    groups: all.groups,
    limits: defined(top.limits ?? {}),
    channels: Object.keys(all.channels).length === 0 ? undefined : (all.channels as Json),
    history: top.history as Json | undefined,
    jobs,
  });
}

/** CRON_TIMEZONE overrides the manifest's zone, from the same places as every variable: so it stays a template until a job is resolved. */
function defaultZone(zone: string): string {
  return `\${CRON_TIMEZONE:-${zone}}`;
}

const MERGED = ["env", "access", "groups", "channels"] as const;
type Merged = { [Field in (typeof MERGED)[number]]: NonNullable<ManifestFile[Field]> } & { jobNames: Set<string> };

/** Maps of all files as one; what two files define is a problem of the later one. */
function mergeParts(parts: Part[], report: Report): Merged {
  const all: Merged = { env: {}, access: {}, groups: {}, channels: {}, jobNames: new Set() };
  for (const { source, value } of parts) {
    for (const field of MERGED) {
      for (const [key, item] of Object.entries(value[field] ?? {})) {
        if (Object.hasOwn(all[field], key))
          report(source, { path: [field, key], part: "key", message: "is defined in another file already" });
        else (all[field] as Record<string, unknown>)[key] = item;
      }
    }
    for (const name of Object.keys(value.jobs ?? {})) {
      if (all.jobNames.has(name))
        report(source, { path: ["jobs", name], part: "key", message: "is defined in another file already; job names are unique" });
      all.jobNames.add(name);
    }
  }
  return all;
}

function assembleJobs(parts: Part[], { all, zone }: { all: Merged; zone: string }, report: Report): Record<string, JobVariants> {
  const jobs: Record<string, JobVariants> = {};
  const defaults = parts.reduce<OwnFields>((below, { value }) => overlay(below, fromSeed(value.defaults ?? {})), {});
  const around = { jobs: all.jobNames, groups: new Set(Object.keys(all.groups)), timezone: zone };
  for (const { source, value, bad } of parts) {
    const findings = new Map<string, Finding>();
    for (const finding of seedProblems(value.defaults ?? {}, ["defaults"])) report(source, finding);
    for (const [name, fields] of Object.entries(value.jobs ?? {})) {
      if (bad.has(name)) continue;
      const { variants, found } = assembleJob({ name, fields, defaults, source, around });
      jobs[name] = variants;
      for (const finding of found)
        if (!findings.has(finding.message + finding.path.join())) findings.set(finding.message + finding.path.join(), finding);
    }
    for (const finding of findings.values()) report(source, finding);
  }
  reportCircles(parts, jobs, report);
  return jobs;
}

interface JobSource {
  name: string;
  fields: JobFields;
  defaults: OwnFields;
  source: Source;
  around: Parameters<typeof checkJob>[2];
}

function assembleJob({ name, fields, defaults, source, around }: JobSource): { variants: JobVariants; found: Finding[] } {
  const { environments = {}, ...own } = fields;
  const path = ["jobs", name];
  const { line, column } = source.placeOf(path, "key");
  const facts = { name, timezone: defaultZone(around.timezone), place: `${source.path}:${line}:${column}` };
  const found: Finding[] = [...seedProblems(own, path, name)];
  const make = (layer: OwnFields, at: Path): Job => {
    const job = normalizeJob(layer, facts);
    found.push(...checkWork(layer, at), ...checkJob(job, at, around));
    return job;
  };
  const fieldsHere = overlay(defaults, fromSeed(own));
  const base = make(fieldsHere, path);
  const overlays: Record<string, Job> = {};
  const plain = new Set(found.map(({ message }) => message));
  for (const [environment, above] of Object.entries(environments)) {
    const at = [...path, "environments", environment];
    const before = found.length;
    found.push(...seedProblems(above, at, name));
    overlays[environment] = make(overlay(fieldsHere, fromSeed(above)), at);
    // What is wrong without the overlay too is said once.
    found.splice(before, Infinity, ...found.slice(before).filter(({ message }) => !plain.has(message)));
  }
  return { variants: { base, environments: overlays }, found };
}

function reportCircles(parts: Part[], jobs: Record<string, JobVariants>, report: Report): void {
  for (const finding of checkNeeds(jobs)) {
    const part = parts.find(({ value }) => Object.hasOwn(value.jobs ?? {}, String(finding.path[1])));
    if (part) report(part.source, finding);
  }
}
