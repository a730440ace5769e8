import { beyondLimits, besideEachOther, slotsRunTwice } from "./check-overlap.ts";
import { disagreements, lostRuns, unendedStarts, wrongLogs } from "./check-records.ts";
import type { Findings } from "./findings.ts";

export interface Invariant {
  /** What holds, as a sentence. */
  name: string;
  /** What breaks it. */
  broken(findings: Findings): string[];
}

export const INVARIANTS: readonly Invariant[] = [
  {
    name: "by the order of starts and ends, nothing ran beside itself and no limit of a job, a group or the host was passed",
    broken: besideEachOther,
  },
  { name: "by the kernel's locks, killed ones among them, nobody took a place beyond a limit", broken: beyondLimits },
  { name: "no slot of a schedule ran twice", broken: slotsRunTwice },
  { name: "every start has an end, its own or one that somebody asked for", broken: unendedStarts },
  { name: "every run whose child started is in the history", broken: lostRuns },
  { name: "the history says of each run what its supervisor's end and its child said", broken: disagreements },
  { name: "each log begins with its run's record and ends with its row's outcome", broken: wrongLogs },
  { name: "no jobctl ended by a bug of its own, or not at all", broken: brokenSupervisors },
  { name: "no row stays running", broken: ({ rows }) => rows.filter((row) => isOpen(row)).map(({ key, job }) => `${job} ${key}`) },
  { name: "nothing that was started still runs", broken: ({ after }) => after.alive },
  { name: "no lock is held", broken: ({ after }) => after.locked },
  { name: "the spool is empty", broken: ({ after }) => after.spool },
  { name: "neither the history nor a spooled record was taken for damaged", broken: ({ after }) => after.setAside },
  { name: "PRAGMA integrity_check says ok", broken: ({ after }) => after.integrity.filter((line) => line !== "ok") },
];

export interface Verdict {
  name: string;
  broken: string[];
}

export const judge = (findings: Findings): Verdict[] => INVARIANTS.map(({ name, broken }) => ({ name, broken: broken(findings) }));

const isOpen = ({ status, finishedAt }: Findings["rows"][number]): boolean => status === "running" || finishedAt === null;

/** A command's own code may be any, but those of the soak test are none of jobctl's own. */
const OWN_CODES = new Set([64, 69, 70, 77, 78, 126, 127]);

function brokenSupervisors({ supervisors, marks }: Findings): string[] {
  const diskWasFull = marks.some(({ what }) => what === "disk-full");
  return supervisors.flatMap(({ process, job, code, signal, stderr, struck }) => {
    const who = `${job} (${process})`;
    if (code === null && signal === null) return [`${who} did not end`];
    if (signal === "SIGKILL" && struck !== "KILL") return [`${who} was killed by somebody else`];
    if (signal !== null && !["SIGKILL", "SIGTERM"].includes(signal)) return [`${who} ended by ${signal}: ${stderr}`];
    if (code !== null && OWN_CODES.has(code)) return [`${who} ended with ${code}: ${stderr}`];
    if (code === 73 && !diskWasFull) return [`${who} could make no lock: ${stderr}`];
    return /^\(node:\d+\) /m.test(stderr) ? [`${who} wrote a warning of Node: ${stderr}`] : [];
  });
}
