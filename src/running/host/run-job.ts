import type { JobDefinition } from "../../job-api/define-job.ts";
import { JobctlError } from "../../errors.ts";
import { EXIT } from "../../exit-codes.ts";
import { type ContextRoom, createContext } from "../../job-api/create-context.ts";
import { type JobEnd, performJob, thrown } from "../../job-api/perform-job.ts";
import { readParams } from "../../job-api/read-params.ts";
import { ENDING } from "../../system/signals.ts";
import { controlChannel, type ControlChannel } from "./control-channel.ts";
import { loadDatabase, loadFiles, loadHistory, loadLogger, loadMailer, loadScope } from "./lazy.ts";
import { listOrganizations } from "./list-organizations.ts";
import { type ImportModule, loadModule } from "./load-module.ts";
import { watchOutput } from "./output-streams.ts";
import { type HostRequest, REQUEST_VARIABLE } from "./protocol.ts";

/** Runs the job that the request names, reports how it went on the control descriptor, and ends the process. */
export async function runJob(importModule: ImportModule): Promise<void> {
  const output = watchOutput();
  const request = takeRequest();
  const channel = controlChannel();
  const cancellation = listenForSignals();
  const state: { room?: ContextRoom } = {};
  const fail = (error: unknown): void => endAs(channel, thrown(error, cancellation.reason, state.room));
  watchStrayEnds(channel, fail, cancellation);
  try {
    if (request.organizationsQuery === undefined) await runModule(request, { channel, cancellation, state, importModule });
    else channel.end({ type: "result", result: await listOrganizations(request, request.organizationsQuery) });
  } catch (error) {
    fail(error);
    await state.room?.close().catch(() => {});
  }
  // A job may leave timers and sockets behind, so an empty event loop is not waited for; but what it printed is.
  await output.written();
  process.exit();
}

interface Room {
  importModule: ImportModule;
  channel: ControlChannel;
  cancellation: Cancellation;
  state: { room?: ContextRoom };
}

async function runModule(request: HostRequest, { importModule, channel, cancellation, state }: Room): Promise<void> {
  const job = await loadModule(request.module, importModule, request.cacheFolder);
  state.room = createContext(request, readParams(job.params ?? {}, request.params), {
    get signal() {
      return cancellation.signal;
    },
    logger: loadLogger,
    openDatabase: (url, { dryRun, job: name, organization, organizationColumn: column = "organization_id" }) =>
      loadDatabase()(url, {
        readOnly: dryRun,
        applicationName: `jobctl ${name}`,
        environment: process.env,
        scope: organization === null ? undefined : { organization, column, open: loadScope() },
      }),
    openFolder: (path, options) => loadFiles()(path, options),
    openMailer: (url, world) => loadMailer()(url, world),
    readHistory: (stateDir, wanted) => loadHistory()(stateDir, wanted),
    progress: channel.progress,
  });
  endAs(channel, await performJob(request.force === true ? withoutCheck(job) : job, state.room));
  await state.room.close();
}

const withoutCheck = ({ check: _check, ...job }: JobDefinition): JobDefinition => job;

function endAs(channel: ControlChannel, end: JobEnd): void {
  if (end.type === "error") process.exitCode = end.config ? EXIT.config : EXIT.failed;
  channel.end(end);
}

/** The request names databases with their passwords: it must not be seen by what the job starts. */
function takeRequest(): HostRequest {
  const text = process.env[REQUEST_VARIABLE];
  delete process.env[REQUEST_VARIABLE];
  if (text === undefined) {
    process.stderr.write("jobctl: this program is started by `jobctl run`, not by hand\n");
    process.exit(EXIT.usage);
  }
  return JSON.parse(text) as HostRequest;
}

interface Cancellation {
  readonly signal: AbortSignal;
  /** Why, once it has been asked for. */
  readonly reason: Error | undefined;
}

function listenForSignals(): Cancellation {
  let controller: AbortController | undefined;
  let reason: Error | undefined;
  for (const name of ENDING) {
    process.on(name, () => {
      reason ??= new Error(`cancelled by ${name}`);
      controller?.abort(reason);
    });
  }
  return {
    get signal() {
      controller ??= new AbortController();
      if (reason) controller.abort(reason);
      return controller.signal;
    },
    get reason() {
      return reason;
    },
  };
}

/** Ends that no `await` sees: a rejection nobody handles, process.exit in the job, a promise that nothing can settle. */
function watchStrayEnds(channel: ControlChannel, fail: (error: unknown) => void, cancellation: Cancellation): void {
  const failNow = (error: unknown): void => {
    fail(error);
    process.exit();
  };
  process.on("uncaughtException", failNow);
  process.on("unhandledRejection", failNow);
  process.on("beforeExit", () => {
    if (channel.ended) return;
    fail(new JobctlError("failed", "the job ended without a result: it waits for a promise that nothing can settle any more"));
  });
  process.on("exit", (code) => {
    if (channel.ended) return;
    fail(cancellation.reason ?? new JobctlError("failed", `the job called process.exit(${code}) before it returned a result`));
  });
}
