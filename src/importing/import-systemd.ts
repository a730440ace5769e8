import type { Json } from "../job.ts";
import { isProblem } from "../schedule/schedule.ts";
import { type Import, type ImportedJob, type LeftOut, literal, nameFrom, uniquelyNamed, withSharedNotes } from "./imported.ts";
import { readExec } from "./read-exec.ts";
import { serviceFields } from "./service-fields.ts";
import { timerSchedule } from "./timer-schedule.ts";
import { isTrue, readUnit, type Unit, valueOf, valuesOf } from "./unit-file.ts";
import { type Specifiers, withSpecifiers } from "./unit-words.ts";

/** A timer and the service that it starts, as text. */
export interface TimerPair {
  /** `backup.timer`. */
  timerName: string;
  timer: string;
  /** `backup.service`. */
  serviceName: string;
  /** Undefined where there is none. */
  service: string | undefined;
  /** What systemctl says of the timer: enabled, disabled, static; undefined where it was not asked. */
  state: string | undefined;
}

export interface SystemdPlace {
  /** The host's zone. */
  timezone: string;
  /** Units of a user's own manager. */
  isUser: boolean;
  homeOf(user: string): string | undefined;
}

/** The unit that a timer starts (systemd.timer(5), Unit=). */
export function serviceOf(timerName: string, timer: string): string {
  return valueOf(readUnit(timer), "Timer", "Unit") ?? timerName.replace(/\.timer$/, ".service");
}

/** Makes manifest entries of timers. */
export function importSystemd(pairs: readonly TimerPair[], place: SystemdPlace): Import {
  const results = pairs.map((pair) => importPair(pair, place));
  const { jobs, notes } = withSharedNotes(results.flatMap((result) => ("job" in result ? [result.job] : [])));
  return {
    timezone: place.timezone,
    jobs: uniquelyNamed(jobs),
    leftOut: results.flatMap((result) => ("leftOut" in result ? [result.leftOut] : [])),
    notes,
  };
}

function importPair(pair: TimerPair, place: SystemdPlace): { job: ImportedJob } | { leftOut: LeftOut } {
  const { timerName, serviceName } = pair;
  const [timer, service] = [readUnit(pair.timer), readUnit(pair.service ?? "")];
  const origin = { place: timerName, text: shownLines(timer, service).join("\n") };
  const leave = (reason: string) => ({ leftOut: { origin, reason } });
  if (/^X-Jobctl-Manifest\s*=/m.test(pair.timer + (pair.service ?? ""))) return leave("is a timer of jobctl's own");
  if (!timer.has("Timer")) return leave(pair.state === "masked" ? "is masked" : "has no [Timer] section");
  if (!serviceName.endsWith(".service")) return leave(`starts ${serviceName}, which is no service`);
  if (pair.service === undefined) return leave(`starts ${serviceName}, which there is not`);
  const specifiers = { unit: serviceName, isUser: place.isUser };
  const exec = readExec(execLines(service), specifiers, priority(service));
  if (isProblem(exec)) return leave(exec.problem);
  const when = timerSchedule(timer, place.timezone);
  const fields = serviceFields(service, { ...specifiers, homeOf: place.homeOf });
  const description = descriptionOf(timer, service, specifiers);
  const entry: Record<string, Json> = {
    ...(description !== undefined && { description: literal(description) }),
    ...exec.fields,
    ...fields.entry,
    ...when.entry,
    ...(isOff(pair) && { enabled: false }),
  };
  return {
    job: {
      name: nameFrom(timerName.replace(/\.timer$/, "")),
      entry,
      origin,
      notes: [
        ...when.notes,
        ...exec.notes,
        ...fields.notes,
        ...leftNotes(timer, service, fields.entry["onFailureUnit"] !== undefined),
        ...(isOff(pair) ? [`the timer is ${pair.state}`] : []),
      ],
      problems: [...when.problems, ...exec.problems, ...fields.problems, ...typeProblems(service)],
    },
  };
}

function descriptionOf(timer: Unit, service: Unit, specifiers: Specifiers): string | undefined {
  const text = valueOf(service, "Unit", "Description") ?? valueOf(timer, "Unit", "Description");
  const found = text === undefined ? undefined : withSpecifiers(text, specifiers);
  return typeof found === "string" ? found : text;
}

const isOff = ({ state }: TimerPair): boolean => state === "disabled" || state === "masked";

function execLines(service: Unit): string[] {
  return ["ExecStartPre", "ExecStart", "ExecStartPost"].flatMap((key) => valuesOf(service, "Service", key));
}

/** A manifest has no words for these, but there are programs that say the same. */
function priority(service: Unit): string[] {
  const nice = valueOf(service, "Service", "Nice");
  const io = valueOf(service, "Service", "IOSchedulingClass");
  const level = valueOf(service, "Service", "IOSchedulingPriority");
  return [
    ...(/^-?\d+$/.test(nice ?? "") ? ["nice", "-n", nice ?? ""] : []),
    ...(/^(?:idle|best-effort|realtime)$/.test(io ?? "")
      ? ["ionice", "-c", io ?? "", ...(/^[0-7]$/.test(level ?? "") ? ["-n", level ?? ""] : [])]
      : []),
  ];
}

/** What brought the job about, for the comment above it. */
function shownLines(timer: Unit, service: Unit): string[] {
  const spans = ["OnCalendar", "OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec"];
  return [
    ...spans.flatMap((key) => valuesOf(timer, "Timer", key).map((value) => `${key}=${value}`)),
    ...valuesOf(service, "Service", "ExecStart").map((value) => `ExecStart=${value}`),
  ];
}

function typeProblems(service: Unit): string[] {
  const type = valueOf(service, "Service", "Type");
  const restart = valueOf(service, "Service", "Restart");
  return [
    ...(type === "forking"
      ? ["Type=forking: jobctl waits for the command itself, which goes to the background: start it in the foreground"]
      : []),
    ...(type === "notify" || type === "dbus" ? [`Type=${type}: this is a service that stays, not a job that ends`] : []),
    ...(restart !== undefined && restart !== "no" ? [`Restart=${restart}: retry: {maxRetries, ...} tries again, with an end to it`] : []),
    ...(isTrue(valueOf(service, "Service", "RemainAfterExit"))
      ? ["RemainAfterExit=yes: the timer started it once only; a job runs each time"]
      : []),
    ...["ExecCondition", "ExecStop", "ExecStopPost"].flatMap((key) =>
      valuesOf(service, "Service", key).map((value) => `${key}=${value} was left out`),
    ),
  ];
}

/** Settings of which a manifest knows nothing, by what they are about. */
function leftNotes(timer: Unit, service: Unit, isImported: boolean): string[] {
  const keys = [...(service.get("Service") ?? new Map<string, readonly string[]>()).keys()];
  const hardening = keys.filter((key) => HARDENING.test(key));
  const others = keys.filter((key) => !HARDENING.test(key) && !KNOWN.has(key));
  const unit = [...(service.get("Unit") ?? new Map<string, readonly string[]>()).keys()].filter(
    (key) => !["Description", "Documentation", ...(isImported ? ["OnFailure"] : [])].includes(key),
  );
  const conditions = [...(timer.get("Unit")?.keys() ?? [])]
    .filter((key) => /^(?:Condition|Assert)/.test(key))
    .map((key) => `${key}= (timer)`);
  const order = [...unit.map((key) => `${key}=`), ...conditions];
  return [
    ...(hardening.length > 0 ? [`hardening that jobctl's own units set by hardening: and network: ${hardening.join(", ")}`] : []),
    ...(order.length > 0 ? [`left out, as jobctl's units have none of it: ${order.join(", ")}`] : []),
    ...(others.length > 0 ? [`left out, as a manifest has no words for it: ${others.join(", ")}`] : []),
  ];
}

const HARDENING =
  /^(?:Protect\w+|Private(?!Network)\w+|Restrict\w+|NoNewPrivileges|CapabilityBoundingSet|AmbientCapabilities|SystemCall\w+|LockPersonality|MemoryDenyWriteExecute|RemoveIPC|UMask|KeyringMode|DevicePolicy|DeviceAllow|IPAddress\w+|ReadOnlyPaths|InaccessiblePaths|ProcSubset|SecureBits|BindPaths|BindReadOnlyPaths|TemporaryFileSystem)$/;
const KNOWN = new Set(
  `Type ExecStart ExecStartPre ExecStartPost ExecCondition ExecStop ExecStopPost WorkingDirectory Environment EnvironmentFile TimeoutStartSec TimeoutSec
   TimeoutStopSec RuntimeMaxSec MemoryMax MemoryLimit TasksMax LimitCPU KillMode User Group DynamicUser SuccessExitStatus PrivateNetwork ReadWritePaths Nice
   IOSchedulingClass IOSchedulingPriority Restart RemainAfterExit SyslogIdentifier`.split(/\s+/),
);
