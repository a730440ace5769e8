import { EXIT } from "../../exit-codes.ts";
import type { Job, Organizations } from "../../job.ts";
import type { RunOutcome } from "../../run.ts";
import type { AttemptsEnd, BegunRun } from "../attempts.ts";
import { exitCodeOf } from "../outcome.ts";
import type { RunRequest } from "../run-request.ts";
import { parseOrganizations, toOrganizations } from "./parse-organizations.ts";
import type { OrganizationsWork } from "./run-organizations.ts";

/** Bytes of a command's output. */
const MOST_BYTES = 16 * 1024 * 1024;

export type Listed = { organizations: string[]; end: AttemptsEnd } | { organizations?: undefined; end: AttemptsEnd };

/** Asks the query or the command for the organizations: as the job's own child, in its environment, with its timeout and its retries. */
export async function listOrganizations({ request, ports, run, runAttempts }: OrganizationsWork): Promise<Listed> {
  const list = (request.organizations as { list: Organizations }).list;
  const output = { text: "" };
  const end = await runAttempts(listRequest(request, list), ports, listening(run, output));
  if (end.outcome.status !== "succeeded") return { end: { ...end, outcome: ofList(end.outcome, list) } };
  const found = list.query === undefined ? parseOrganizations(output.text) : toOrganizations(end.outcome.result ?? null);
  if (!("problem" in found)) return { organizations: found, end };
  return {
    end: { ...end, outcome: { status: "failed", reason: "organizations", exitCode: EXIT.config, error: `${PREFIX}${found.problem}` } },
  };
}

const PREFIX = "the list of organizations: ";

/** What the job says of its own output and exit codes does not concern the list. */
function listRequest(request: RunRequest, { query, command }: Organizations): RunRequest {
  const { expect: _, ...job } = request.job;
  const asList = (work: Job["work"]): Job => ({ ...job, exitCodes: {}, work });
  if (command !== undefined) return { ...request, job: asList({ kind: "command", argv: command }) };
  return { ...request, organizationsQuery: query, job: asList({ kind: "module", uses: "organizations", with: {} }) };
}

/** Collects stdout, anew in each attempt. Text is byte strings. */
function listening(run: BegunRun, output: { text: string }): BegunRun {
  return {
    ...run,
    record(holder) {
      output.text = "";
      run.record(holder);
    },
    sink: {
      ...run.sink,
      push(stream, text) {
        if (stream === "stdout" && output.text.length <= MOST_BYTES) output.text += text;
        run.sink.push(stream, text);
      },
    },
  };
}

/** How the list failed is how the run does; a caller is told the same exit code. */
function ofList(outcome: RunOutcome, { query }: Organizations): RunOutcome {
  if (outcome.status === "cancelled") return outcome;
  if (outcome.status === "timed-out") return { ...outcome, error: `${PREFIX}${outcome.error}` };
  const exitCode = exitCodeOf(outcome, query !== undefined);
  const why = "error" in outcome && outcome.error ? outcome.error : `exit code ${exitCode}`;
  return { status: "failed", reason: "organizations", exitCode, error: `${PREFIX}${why}` };
}
