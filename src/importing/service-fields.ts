import { type Json, UNIT_NAME } from "../job.ts";
import { isProblem } from "../schedule/schedule.ts";
import { literal } from "./imported.ts";
import { readTimeSpan } from "./time-span.ts";
import { spanText } from "./timer-schedule.ts";
import { isTrue, type Unit, valueOf, valuesOf } from "./unit-file.ts";
import { type Specifiers, unitWords, withSpecifiers } from "./unit-words.ts";

export interface ServiceFields {
  entry: Record<string, Json>;
  notes: string[];
  problems: string[];
}

export interface ServicePlace extends Specifiers {
  homeOf(user: string): string | undefined;
}

/** What a .service unit says of a run beside its commands, in the manifest's words. */
export function serviceFields(service: Unit, place: ServicePlace): ServiceFields {
  const all: ServiceFields = { entry: {}, notes: [], problems: [] };
  for (const part of [folder, environment, environmentFile, limits, user, exitCodes, isolation, failure]) {
    const { entry = {}, notes = [], problems = [] } = part(service, place);
    Object.assign(all.entry, entry);
    all.notes.push(...notes);
    all.problems.push(...problems);
  }
  return all;
}

type Part = (service: Unit, place: ServicePlace) => Partial<ServiceFields>;

const of = (service: Unit, key: string): string | undefined => valueOf(service, "Service", key);

/** Units start in / where they say nothing, manifests in their own folder. */
const folder: Part = (service, place) => {
  const value = of(service, "WorkingDirectory")?.replace(/^-/, "") ?? "/";
  const home = place.homeOf(of(service, "User") ?? "root");
  if (value === "~")
    return home === undefined
      ? { problems: ["WorkingDirectory=~: the user's home folder is not known here: set cwd"] }
      : { entry: { cwd: home } };
  return put("cwd", value, place);
};

function put(field: string, value: string, place: ServicePlace): Partial<ServiceFields> {
  const text = withSpecifiers(value, place);
  return typeof text === "string" ? { entry: { [field]: literal(text) } } : { problems: [text.problem] };
}

const environment: Part = (service, place) => {
  const env: Record<string, string> = {};
  for (const line of valuesOf(service, "Service", "Environment")) {
    const words = unitWords(line);
    if (isProblem(words)) return { problems: [`Environment=${words.problem}`] };
    for (const word of words) {
      const text = withSpecifiers(word, place);
      if (typeof text !== "string") return { problems: [`Environment=${text.problem}`] };
      const equals = text.indexOf("=");
      if (equals > 0) env[text.slice(0, equals)] = literal(text.slice(equals + 1));
    }
  }
  return Object.keys(env).length === 0 ? {} : { entry: { env } };
};

const environmentFile: Part = (service, place) => {
  const files = valuesOf(service, "Service", "EnvironmentFile");
  const [first, ...others] = files;
  if (first === undefined) return {};
  if (others.length > 0 || /[*?[]/.test(first))
    return { problems: [`EnvironmentFile=${files.join(", ")}: a job has one envFile, without patterns`] };
  const notes = first.startsWith("-") ? [`${first}: the - before it let the file be missing; a job without its envFile is refused`] : [];
  return { notes, ...put("envFile", first.replace(/^-/, ""), place) };
};

/** Of several units, or one with specifiers of its own, there are no words: import-systemd.ts says that it was left out. */
const failure: Part = (service) => {
  const unit = valueOf(service, "Unit", "OnFailure");
  return unit !== undefined && UNIT_NAME.test(unit) ? { entry: { onFailureUnit: unit } } : {};
};

/** A oneshot's start is its whole run (TimeoutStartSec=); others are stopped after RuntimeMaxSec=. */
const limits: Part = (service) => {
  const isOneshot = of(service, "Type") === "oneshot";
  const timeout = span(of(service, isOneshot ? "TimeoutStartSec" : "RuntimeMaxSec") ?? (isOneshot ? of(service, "TimeoutSec") : undefined));
  const killAfter = span(of(service, "TimeoutStopSec") ?? of(service, "TimeoutSec"));
  const memory = size(of(service, "MemoryMax") ?? of(service, "MemoryLimit"));
  const tasks = of(service, "TasksMax");
  const cpu = span(of(service, "LimitCPU")?.split(":")[0]);
  const resources = {
    ...(memory !== undefined && { maxMemory: memory }),
    ...(cpu !== undefined && { maxCpuTime: cpu }),
    ...(/^\d+$/.test(tasks ?? "") && { maxProcesses: Number(tasks) }),
  };
  return {
    entry: {
      ...(timeout !== undefined && { timeout }),
      ...(killAfter !== undefined && { killAfter }),
      ...(of(service, "KillMode") === "process" && { leftovers: "keep" }),
      ...(Object.keys(resources).length > 0 && { resources }),
    },
  };
};

function span(value: string | undefined): string | undefined {
  const ms = value === undefined ? undefined : readTimeSpan(value);
  return ms === undefined || ms === 0 || !Number.isFinite(ms) ? undefined : spanText(ms);
}

/** `512M` of systemd is 512 MiB, as is `512MB` of a manifest. */
function size(value: string | undefined): string | undefined {
  const [, amount, unit] = /^(\d+)([KMGT]?)$/.exec(value ?? "") ?? [];
  return amount === undefined ? undefined : `${amount}${unit === "" ? "" : unit}B`;
}

const user: Part = (service, place) => {
  const name = of(service, "User");
  const group = of(service, "Group");
  const notes = group !== undefined && group !== name ? [`Group=${group} was left out: a job has the groups of its user`] : [];
  if (isTrue(of(service, "DynamicUser"))) return { problems: ["DynamicUser=yes: a job runs as a user that there is (security.runAs)"] };
  return name === undefined || name === "root" ? { notes } : { notes, ...runAs(name, place) };
};

function runAs(name: string, place: ServicePlace): Partial<ServiceFields> {
  const text = withSpecifiers(name, place);
  return typeof text === "string" ? { entry: { security: { runAs: text } } } : { problems: [`User=${text.problem}`] };
}

const exitCodes: Part = (service) => {
  const words = valuesOf(service, "Service", "SuccessExitStatus").flatMap((line) => line.split(/\s+/));
  const codes = words.filter((word) => /^\d{1,3}$/.test(word) && Number(word) > 0 && Number(word) < 256);
  const others = words.filter((word) => !/^\d+$/.test(word));
  return {
    ...(codes.length > 0 && { entry: { exitCodes: Object.fromEntries(codes.map((code) => [code, "ok"])) } }),
    notes: others.length > 0 ? [`SuccessExitStatus=${others.join(" ")}: exitCodes takes numbers only`] : [],
  };
};

const isolation: Part = (service) => {
  const paths = valuesOf(service, "Service", "ReadWritePaths").flatMap((line) =>
    line.split(/\s+/).map((path) => path.replace(/^[-+]+/, "")),
  );
  return {
    entry: {
      ...(isTrue(of(service, "PrivateNetwork")) && { network: false }),
      ...(paths.length > 0 && { paths: paths.map(literal) }),
    },
  };
};
