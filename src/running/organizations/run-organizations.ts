import { dirname, join } from "node:path";
import { EXIT } from "../../exit-codes.ts";
import type { RunOutcome } from "../../run.ts";
import { newRunKey } from "../../system/processes.ts";
import type { AttemptsEnd, BegunRun, Place } from "../attempts.ts";
import type { Holder } from "../job-lock.ts";
import type { OutputView } from "../output.ts";
import type { RunPorts, RunReport, RunRequest } from "../run-request.ts";
import type { Usage } from "../usage.ts";
import { listOrganizations } from "./list-organizations.ts";
import { addedUp, watchParts } from "./parts-usage.ts";
import { outcomeOfParts, type PartEnd } from "./summary.ts";

export interface OrganizationsWork {
  request: RunRequest;
  ports: RunPorts;
  run: BegunRun;
  /** One organization's run, from its record's beginning to its end. */
  runOne(part: RunRequest, ports: RunPorts, place: Place): Promise<RunReport>;
  runAttempts(request: RunRequest, ports: RunPorts, run: BegunRun): Promise<AttemptsEnd>;
}

/** Asks for the list, then runs the job for each organization, some of them at once; what goes wrong for one leaves the others alone. */
export async function runOrganizations(work: OrganizationsWork): Promise<AttemptsEnd> {
  const listed = await listOrganizations(work);
  if (listed.organizations === undefined) return listed.end;
  const { only = [], repeatDone = false } = work.request.organizations ?? {};
  const unknown = only.filter((each) => !listed.organizations.includes(each));
  const asked = only.length > 0 ? [...new Set(only)] : listed.organizations;
  const done = repeatDone || only.length > 0 ? new Set() : new Set(doneBefore(work));
  const wanted = unknown.length > 0 ? [] : asked.filter((each) => !done.has(each));
  if (wanted.length < asked.length && unknown.length === 0) {
    work.run.sink.note(`${asked.length - wanted.length} of ${asked.length} organizations were done for this slot before`);
  }
  const { ends, cancelled, usage } = await runAll(wanted, work);
  const counts = { organizations: asked.length, doneBefore: asked.length - wanted.length, cancelled };
  const outcome = unknown.length > 0 ? notListed(unknown) : outcomeOfParts(ends, counts);
  return { outcome, attempts: lastingTo(work.ports.now(), outcome, listed.end.attempts), usage: addedUp([listed.end.usage, usage]) };
}

const doneBefore = ({ request: { start }, ports: { book } }: OrganizationsWork): string[] =>
  book.doneOrganizations(start.job, start.scheduledFor);

function notListed(unknown: readonly string[]): RunOutcome {
  const names = unknown.map((each) => JSON.stringify(each)).join(", ");
  const error = `${names} ${unknown.length === 1 ? "is" : "are"} not in the list of organizations; nothing was run`;
  return { status: "failed", reason: "organizations", exitCode: EXIT.usage, error };
}

interface PartsEnd {
  ends: PartEnd[];
  /** The signal after which no run began any more. */
  cancelled: NodeJS.Signals | undefined;
  usage: Usage;
}

/** After a signal no run begins any more; those that have begun end by it. */
async function runAll(organizations: readonly string[], work: OrganizationsWork): Promise<PartsEnd> {
  const { request, ports, run, runOne } = work;
  const queue = [...organizations];
  const ends: PartEnd[] = [];
  const places = sharedPlace(run);
  const usage = await watchParts(request.start.provenance);
  const worker = async (): Promise<void> => {
    for (let organization = queue.shift(); organization !== undefined && !ports.asked.received; organization = queue.shift()) {
      const part = partRequest(request, organization, ports.now());
      const own = { view: named(organization, ports.view), progress: () => {}, watchUsage: usage.watch };
      const report = await runOne(part, { ...ports, ...own }, places.open());
      places.close(part);
      ends.push({ organization, report });
      const { outcome, exitCode, id, durationMs } = report;
      run.sink.note(`${organization}: ${outcome.status}, exit code ${exitCode}${id === null ? "" : `, run ${id}`}, after ${durationMs} ms`);
      ports.progress(ends.length, organizations.length, organization);
    }
  };
  const atOnce = Math.min(organizations.length, request.organizations?.atOnce ?? 1);
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { ends, cancelled: ports.asked.received, usage: usage.end(ends.map(({ report }) => report.usage)) };
}

/** A run for one organization has its own key, log and record; it claims no slot. */
function partRequest({ organizations: _all, ...request }: RunRequest, organization: string, now: number): RunRequest {
  const { slot: _slot, redo: _redo, onlyOrganizations: _only, ...start } = request.start;
  const key = newRunKey(now);
  const logPath = join(dirname(start.logPath), `${key}.log`);
  return { ...request, began: performance.now(), start: { ...start, key, logPath, startedAt: now, organization, parent: start.key } };
}

/** All work under the parent's locks, whose note tells which children are at work, for whoever finds them after a crash. */
function sharedPlace({ fds, holder, record }: BegunRun): { open(): Place; close(part: RunRequest): void } {
  const atWork = new Map<string, Holder>();
  const { deadline: _, ...parent } = holder;
  const note = (): void => {
    const parts = [...atWork.values()].flatMap(({ key, organization = "", child }) => (child ? [{ key, organization, child }] : []));
    const deadlines = [...atWork.values()].map(({ deadline }) => deadline ?? Infinity);
    const deadline = Math.max(...deadlines);
    record({ ...parent, parts, ...(Number.isFinite(deadline) ? { deadline } : {}) });
  };
  return {
    open: () => ({
      fds,
      record(part) {
        if (!part.child) return;
        atWork.set(part.key, part);
        note();
      },
    }),
    close({ start }) {
      atWork.delete(start.key);
      note();
    },
  };
}

/** Side by side, lines must say whose they are. Text is byte strings. */
function named(organization: string, view: OutputView): OutputView {
  const name = Buffer.from(organization).toString("latin1");
  return {
    line(stream, text) {
      view.line?.(stream, `${name} | ${text}`);
      view.chunk?.(stream, `${name} | ${text}\n`);
    },
  };
}

/** The parent has the list's attempts; the last one of them lasts to its end. */
function lastingTo(finishedAt: number, outcome: RunOutcome, attempts: AttemptsEnd["attempts"]): AttemptsEnd["attempts"] {
  return attempts.map((each, index) => (index === attempts.length - 1 ? { ...each, finishedAt, outcome } : each));
}
