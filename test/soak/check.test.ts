import { describe, expect, it } from "vitest";
import { INVARIANTS, judge } from "./check.ts";
import { parseEvidence } from "./evidence.ts";
import type { Aftermath, Findings, LogFacts, RunRow, SupervisorEnd } from "./findings.ts";

/**
 * A small storm, told line by line: `solo` may run once at a time, `pair` twice, both belong to a group of two and a host of
 * three, and `timer` runs by schedule. Times are in tenths of a second.
 */
const CALM = `
start 1 10:1 k1 solo 1 1 manual 2026-11-22T05:00:00.000Z
holds 1 10:1 solo=0 @group=0 @host=0
start 2 20:1 k2 pair 1 2 manual 2026-11-22T05:00:01.000Z
holds 2 20:1 pair=0 @group=1 @host=1
end 3 10:1 0
start 4 30:1 k3 pair 1 3 manual 2026-11-22T05:00:02.000Z
holds 4 30:1 pair=1 @group=0 @host=0
kill 5 20:1 KILL child
end 6 30:1 3
start 7 40:1 k4 timer 1 4 cron 2026-11-22T05:00:05.000Z
kill 8 400:1 KILL supervisor
end 9 40:1 0
start 10 41:1 k5 timer 1 5 cron 2026-11-22T05:00:05.000Z
end 11 41:1 0
`;

const ROWS: RunRow[] = [
  row("k1", "solo", "succeeded", 0, "100:1"),
  row("k2", "pair", "failed", 137, "200:1"),
  row("k3", "pair", "failed", 3, "300:1"),
  row("k4", "timer", "crashed", null, "400:1"),
  row("k5", "timer", "succeeded", 0, "500:1"),
];

const SUPERVISORS: SupervisorEnd[] = [
  supervisor("100:1", "solo", { code: 0 }),
  supervisor("200:1", "pair", { code: 137 }),
  supervisor("300:1", "pair", { code: 3 }),
  supervisor("400:1", "timer", { signal: "SIGKILL", struck: "KILL" }),
  supervisor("500:1", "timer", { code: 0 }),
];

const LOGS: [string, LogFacts][] = ROWS.map(({ key, status, exitCode }) => [
  key,
  { key, last: status === "crashed" ? undefined : `${status}, exit code ${exitCode}, after 5 ms` },
]);

const AFTER: Aftermath = { alive: [], locked: [], spool: [], setAside: [], integrity: ["ok"] };

interface Told {
  evidence?: string;
  rows?: RunRow[];
  supervisors?: SupervisorEnd[];
  logs?: [string, LogFacts][];
  after?: Partial<Aftermath>;
}

function findings({ evidence = CALM, rows = ROWS, supervisors = SUPERVISORS, logs = LOGS, after = {} }: Told = {}): Findings {
  const job = (name: string, more: object = {}) => ({
    name,
    scheduled: false,
    places: [name, "@group", "@host"],
    maxRetries: 1,
    reruns: false,
    ...more,
  });
  return {
    plan: {
      jobs: [job("solo"), job("pair"), job("timer", { scheduled: true, reruns: true, places: ["timer", "@host"] })],
      limits: { solo: 1, pair: 2, timer: 1, "@group": 2, "@host": 3 },
    },
    marks: parseEvidence(evidence.replaceAll(/^(\S+) (\d+)/gm, "$1 $200000000")),
    supervisors,
    rows,
    logs: new Map(logs),
    after: { ...AFTER, ...after },
  };
}

function row(key: string, job: string, status: string, exitCode: number | null, process: string): RunRow {
  return { key, job, status, exitCode, attempts: status === "crashed" ? 0 : 1, durationMs: 90, finishedAt: 1, supervisor: process };
}

function supervisor(process: string, job: string, end: Partial<SupervisorEnd>): SupervisorEnd {
  return { process, job, startedAt: 0, endedAt: 100, struck: null, code: null, signal: null, stderr: "", ...end };
}

const withRow = (changed: Partial<RunRow> & { key: string }): RunRow[] =>
  ROWS.map((each) => (each.key === changed.key ? { ...each, ...changed } : each));
const withSupervisor = (changed: Partial<SupervisorEnd> & { process: string }): SupervisorEnd[] =>
  SUPERVISORS.map((each) => (each.process === changed.process ? { ...each, ...changed } : each));
const withLog = (key: string, facts: LogFacts): [string, LogFacts][] => LOGS.map((each) => (each[0] === key ? [key, facts] : each));
const inserted = (line: string, before: string): string => CALM.replace(before, `${line}\n${before}`);

const BESIDE = 0, BEYOND = 1, SLOTS = 2, ENDS = 3, LOST = 4, AGREES = 5, LOGGED = 6, BUGS = 7, OPEN = 8, ALIVE = 9, LOCKED = 10, SPOOL = 11, ASIDE = 12, INTEGRITY = 13; // prettier-ignore

/** What is made up, which invariant it breaks, and what is said about it. */
const BROKEN: readonly (readonly [what: string, invariant: number, told: Told, says: string])[] = [
  [
    "a second run of a job that may run once",
    BESIDE,
    { evidence: inserted("start 2 11:1 k1 solo 2 1 manual 2026-11-22T05:00:00.000Z", "end 3 10:1 0") + "end 12 11:1 0\n" },
    "solo: 2 at once: k1, k1",
  ],
  [
    "a third of a group of two, seen by order alone",
    BESIDE,
    { evidence: CALM.replace("kill 5 20:1 KILL child\n", "").replace("end 3 10:1 0\n", "") + "end 12 10:1 0\nend 13 20:1 137\n" },
    "@group: 3 at once: k1, k2, k3",
  ],
  [
    "a place that the job's limit does not have",
    BEYOND,
    { evidence: CALM.replace("solo=0", "solo=1") },
    "solo: run k1 (10:1) held place 1, of 1",
  ],
  [
    "a place that the group does not have",
    BEYOND,
    { evidence: CALM.replace("@group=1", "@group=2") },
    "@group: run k2 (20:1) held place 2, of 2",
  ],
  [
    "a place that the host does not have",
    BEYOND,
    { evidence: CALM.replace("@host=1", "@host=3") },
    "@host: run k2 (20:1) held place 3, of 3",
  ],
  [
    "a slot that ran again after it succeeded",
    SLOTS,
    { rows: withRow({ key: "k4", status: "succeeded" }) },
    "timer 2026-11-22T05:00:05.000Z: k4 and k5",
  ],
  [
    "a child of a succeeded run that never ended",
    ENDS,
    { evidence: CALM.replace("end 3 10:1 0\n", "") },
    "solo: run k1 (10:1) is succeeded, but its child never ended",
  ],
  ["an end without a start", ENDS, { evidence: `${CALM}end 12 99:1 0\n` }, "99:1 ended without a start"],
  ["a run that history does not know", LOST, { rows: ROWS.slice(1) }, "solo: run k1 (id 1) is in no record"],
  [
    "a run that was lost without a full disk",
    LOST,
    { rows: ROWS.filter(({ key }) => key !== "k4"), evidence: CALM.replace("timer 1 4", "timer 1 -") },
    "timer: run k4 (id unknown) is in no record",
  ],
  [
    "a crash that nobody caused",
    AGREES,
    { supervisors: withSupervisor({ process: "400:1", struck: null, signal: null, code: 0 }) },
    "timer: run k4 is crashed: its supervisor was not killed, but ended with 0",
  ],
  [
    "another exit code than the supervisor's",
    AGREES,
    { rows: withRow({ key: "k3", exitCode: 4 }) },
    "pair: run k3 is failed: exit code 4, but its supervisor ended with 3",
  ],
  [
    "a success of a child that failed",
    AGREES,
    { evidence: CALM.replace("end 3 10:1 0", "end 3 10:1 9") },
    "solo: run k1 is succeeded: its child ended with 9",
  ],
  [
    "a run that took longer than its supervisor lived",
    AGREES,
    { rows: withRow({ key: "k1", durationMs: 3_600_000 }) },
    "solo: run k1 is succeeded: it took 3600000 ms, of the 100 ms of its supervisor",
  ],
  ["a skip whose child ran", AGREES, { rows: withRow({ key: "k1", status: "skipped" }) }, "solo: run k1 is skipped: its child was started"],
  [
    "more children than attempts",
    AGREES,
    { rows: withRow({ key: "k3", attempts: 0 }) },
    "pair: run k3 is failed: 1 children in 0 attempts",
  ],
  [
    "a row of a supervisor that nobody started",
    AGREES,
    { rows: withRow({ key: "k3", supervisor: "7:7" }) },
    "pair: run k3 is failed: nobody started it",
  ],
  ["a log of another run", LOGGED, { logs: withLog("k1", { key: "k2", last: "" }) }, "solo: the log of run k1 begins with k2"],
  [
    "a log that tells another end",
    LOGGED,
    { logs: withLog("k1", { key: "k1", last: "failed, exit code 1, after 5 ms" }) },
    "solo: run k1 is succeeded, exit code 0, its log says failed, exit code 1, after 5 ms",
  ],
  [
    "a log without an end",
    LOGGED,
    { logs: withLog("k3", { key: "k3", last: undefined }) },
    "pair: run k3 is failed, exit code 3, its log says nothing",
  ],
  ["a supervisor that did not end", BUGS, { supervisors: [...SUPERVISORS, supervisor("600:1", "solo", {})] }, "solo (600:1) did not end"],
  [
    "a bug of jobctl",
    BUGS,
    { supervisors: [...SUPERVISORS, supervisor("600:1", "solo", { code: 70, stderr: "oh" })] },
    "solo (600:1) ended with 70: oh",
  ],
  [
    "no lock, though there was room",
    BUGS,
    { supervisors: [...SUPERVISORS, supervisor("600:1", "solo", { code: 73 })] },
    "solo (600:1) could make no lock: ",
  ],
  [
    "a kill by nobody",
    BUGS,
    { supervisors: withSupervisor({ process: "400:1", struck: "TERM" }) },
    "timer (400:1) was killed by somebody else",
  ],
  [
    "a segmentation fault",
    BUGS,
    { supervisors: [...SUPERVISORS, supervisor("600:1", "solo", { signal: "SIGSEGV" })] },
    "solo (600:1) ended by SIGSEGV: ",
  ],
  [
    "a warning of Node",
    BUGS,
    { supervisors: [...SUPERVISORS, supervisor("600:1", "solo", { code: 0, stderr: "(node:600) Warning" })] },
    "solo (600:1) wrote a warning of Node: (node:600) Warning",
  ],
  ["a row that is still running", OPEN, { rows: withRow({ key: "k4", status: "running" }) }, "timer k4"],
  ["a row without an end", OPEN, { rows: withRow({ key: "k4", finishedAt: null }) }, "timer k4"],
  ["a process that still runs", ALIVE, { after: { alive: ["10:1"] } }, "10:1"],
  ["a lock that is held", LOCKED, { after: { locked: ["locks/solo.lock"] } }, "locks/solo.lock"],
  ["a record in the spool", SPOOL, { after: { spool: ["spool/k1.json"] } }, "spool/k1.json"],
  ["a history that was moved aside", ASIDE, { after: { setAside: ["history.db.damaged-1"] } }, "history.db.damaged-1"],
  [
    "a damaged history",
    INTEGRITY,
    { after: { integrity: ["row 1 missing from index runs_by_job"] } },
    "row 1 missing from index runs_by_job",
  ],
];

describe("the soak test's checker", () => {
  it("finds nothing wrong in a calm storm", () => {
    expect(judge(findings()).filter(({ broken }) => broken.length > 0)).toEqual([]);
  });

  it.each(BROKEN)("finds %s", (_what, invariant, told, says) => {
    expect(INVARIANTS[invariant]?.broken(findings(told))).toContain(says);
  });

  it("is tried on every invariant", () => {
    expect(new Set(BROKEN.map(([, invariant]) => invariant)).size).toBe(INVARIANTS.length);
  });

  it("lets a record be told on stderr, or be lost with a supervisor that was killed while the disk was full", () => {
    const rows = ROWS.filter(({ key }) => !["k1", "k4"].includes(key));
    const supervisors = withSupervisor({
      process: "100:1",
      stderr: '{"message":"history not written, nor the spool","record":{"start":{"key":"k1"}}}',
    });
    const evidence = CALM.replace("timer 1 4", "timer 1 -")
      .replace("start 7", "disk-full 7\nstart 7")
      .replace("kill 8", "disk-free 8\nkill 8");
    expect(INVARIANTS[LOST]?.broken(findings({ rows, supervisors, evidence }))).toEqual([]);
  });

  it("lets a run be called crashed whose end was told on stderr", () => {
    const stderr = '{"message":"history not written, nor the spool","record":{"start":{"key":"k4"}}}';
    const supervisors = withSupervisor({ process: "400:1", struck: null, signal: null, code: 0, stderr });
    expect(INVARIANTS[AGREES]?.broken(findings({ supervisors }))).toEqual([]);
  });

  it("does not ask for a whole log of a run that met a full disk", () => {
    const evidence = CALM.replace("holds 1", "disk-full 1\nholds 1").replace("end 3 10:1 0", "end 3 10:1 0\ndisk-free 3");
    expect(INVARIANTS[LOGGED]?.broken(findings({ evidence, logs: withLog("k1", { key: undefined, last: undefined }) }))).toEqual([]);
  });

  it("refuses evidence that it can't read", () => {
    expect(() => parseEvidence("start 1 10:1 k1 solo 1 1 manual\n")).toThrow(
      'a line that nobody writes: "start 1 10:1 k1 solo 1 1 manual"',
    );
  });
});
