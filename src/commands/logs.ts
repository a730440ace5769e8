import { setTimeout } from "node:timers/promises";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { errnoCode } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { styleFor } from "../output/style.ts";
import { formatTime } from "../output/times.ts";
import type { Run } from "../run.ts";
import { openLogReader, type LogReader } from "../system/log-reader.ts";
import { createLineJoiner, type WholeLine } from "../views/log-text.ts";
import { namesOneRun } from "../views/runs.ts";
import { theRun } from "./find-run.ts";
import { openPastRuns, type PastRuns } from "./open-history.ts";

export interface LogsOptions extends GlobalOptions {
  run: string;
  follow: boolean;
  stderr: boolean;
  timestamps: boolean;
}

const POLL_MS = 200;

export async function logs(options: LogsOptions, context: CommandContext): Promise<number> {
  const past = await openPastRuns(options, context);
  const run = theRun(past, options.run, "begun");
  const note = await noteTo(context);
  if (!namesOneRun(options.run)) note(`run ${run.id}, the latest of ${run.job}:`);
  const reader = openLog(run);
  if (reader) await printLog(reader, { run, past, options, context, note });
  else printTail(run, context, note);
  past.reader?.close();
  return EXIT.ok;
}

interface Printing {
  run: Run;
  past: PastRuns;
  options: LogsOptions;
  context: CommandContext;
  note(text: string): void;
}

/** Ends when the run is over and all of its log is read, or when nobody reads any more. */
async function printLog(reader: LogReader, { run, past, options, context, note }: Printing): Promise<void> {
  const joiner = createLineJoiner();
  const remarks: string[] = [];
  const print = await printerOf(options, context, past.zoneOf(run.job));
  for (let goesOn = true; goesOn && context.stdout.problem === undefined;) {
    // Asked before reading: what is written before the end of supervision is then read for sure.
    goesOn = options.follow && run.status === "running" && past.supervision.isSupervised(run);
    for (const line of reader.read(!goesOn)) {
      const whole = joiner.push(line);
      if (whole?.stream === "jobctl") remarks.push(whole.text);
      else if (whole) {
        remarks.splice(0).forEach(note);
        print(whole);
      }
    }
    if (goesOn) await setTimeout(POLL_MS);
  }
  // An unended last line of the job comes before what jobctl said at the end.
  joiner.rest().forEach(print);
  remarks.forEach(note);
  reader.close();
}

async function printerOf(
  { stderr: onlyStderr, timestamps }: LogsOptions,
  { stdout, env }: CommandContext,
  zone: string,
): Promise<(line: WholeLine) => void> {
  const { dim } = await styleFor(stdout, env);
  return ({ at, stream, text }) => {
    if (onlyStderr && stream !== "stderr") return;
    const time = timestamps ? `${dim(`${formatTime(at, { zone })}`)}  ` : "";
    stdout.write(`${time}${text}\n`);
  };
}

/** Undefined where there is none, or none any more. */
function openLog({ logPath }: Run): LogReader | undefined {
  if (logPath === null) return undefined;
  try {
    return openLogReader(logPath);
  } catch (error) {
    if (errnoCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function printTail({ id, status, logPath, outputTail }: Run, { stdout }: CommandContext, note: (text: string) => void): void {
  if (status === "skipped") return note(`run ${id} was skipped: it printed nothing; jobctl show ${id} says why`);
  note(`run ${id} has no log${logPath === null ? "" : " any more"}; this is the end of its output, as history keeps it`);
  if (outputTail) stdout.write(outputTail.endsWith("\n") ? outputTail : `${outputTail}\n`);
}

/** What is not the job's output goes where it disturbs no pipe. */
async function noteTo({ stderr, env }: CommandContext): Promise<(text: string) => void> {
  const { dim } = await styleFor(stderr, env);
  return (text) => stderr.write(`${dim(`jobctl: ${text}`)}\n`);
}
