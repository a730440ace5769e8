import { fstatSync } from "node:fs";
import type { CommandContext, Output, RunOptions } from "../context.ts";
import { colourLevel, takesEscapes } from "../output/looks.ts";
import type { ProgressLine } from "../output/progress-line.ts";
import { skipLine } from "../output/skip-line.ts";
import { createMirror, type Mirror } from "./mirror.ts";
import type { OutputView } from "./output.ts";
import type { RunReport, RunRequest } from "./run-request.ts";

/** Who looks at this run, and what they are shown: a terminal, the journal, a script (`--json`), or nobody (cron). */
export interface RunView extends OutputView {
  progress(done: number, total: number | undefined, text: string | undefined): void;
  warn(text: string): void;
  /** Tells how it ended. */
  finish(request: RunRequest, report: RunReport): Promise<void>;
}

/** Without a terminal and journal, success prints nothing, and failure one line and the tail on stderr: so cron's mail is worth reading. */
export function chooseView(options: RunOptions, context: CommandContext): RunView {
  const { stdout, stderr, env } = context;
  const onTerminal = { stdout: stdout.isTerminal, stderr: stderr.isTerminal };
  if (!options.json && !options.quiet && isJournal(env.JOURNAL_STREAM)) return journalView(options, context);
  return peopleView(options, context, onTerminal);
}

/** systemd tells the device and inode of the journal's socket, so that a redirected stderr is not taken for it (systemd.exec(5)). */
function isJournal(stream: string | undefined): boolean {
  if (!stream) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

/** sd-daemon(3): a line that begins with `<6>` is of level info, with `<3>` an error. */
function journalView(options: RunOptions, context: CommandContext): RunView {
  const mirror = createMirror(2);
  return {
    line: (stream, text) => mirror.write(`${stream === "stdout" ? "<6>" : "<3>"}${text}\n`),
    progress: () => {},
    warn: (text) => mirror.write(`<4>${remark(text)}`),
    async finish(request, report) {
      await mirror.drain();
      await tellThrough(mirror, { request, report, options, context });
    },
  };
}

/** The last words too wait for no reader who reads nothing. */
async function tellThrough(
  mirror: Mirror,
  { request, report, options, context }: { request: RunRequest; report: RunReport; options: RunOptions; context: CommandContext },
): Promise<void> {
  const { isTerminal, columns } = context.stderr;
  const stderr = { isTerminal, columns, write: (text: string) => mirror.write(Buffer.from(text).toString("latin1")) };
  await quietView(options, { ...context, stderr }).finish(request, report);
  await mirror.drain();
  mirror.close();
}

function peopleView(options: RunOptions, context: CommandContext, onTerminal: { stdout: boolean; stderr: boolean }): RunView {
  const base = quietView(options, context);
  const shown = {
    stdout: !options.quiet && (options.json ? 2 : onTerminal.stdout || options.verbose ? 1 : 0),
    stderr: !options.quiet && (options.json || onTerminal.stderr || options.verbose ? 2 : 0),
  } as const;
  const mirrors = new Map<number, Mirror>();
  const mirrorOf = (fd: 1 | 2): Mirror => {
    const mirror = mirrors.get(fd) ?? createMirror(fd);
    mirrors.set(fd, mirror);
    return mirror;
  };
  const line = !options.quiet && takesEscapes(onTerminal.stderr, context.env) ? progressLine(mirrorOf(2), context.stderr) : undefined;
  return {
    chunk(stream, text) {
      const fd = shown[stream];
      if (!fd) return;
      line?.clear();
      mirrorOf(fd).write(text);
    },
    progress: (done, total, text) => line?.draw(done, total, text),
    warn: base.warn,
    async finish(request, report) {
      line?.end();
      for (const mirror of mirrors.values()) await mirror.drain();
      if (mirrors.has(2) || onTerminal.stderr) await tellThrough(mirrorOf(2), { request, report, options, context });
      else await base.finish(request, report);
      mirrors.get(1)?.close();
    },
  };
}

function quietView(options: RunOptions, context: CommandContext): RunView {
  return {
    progress: () => {},
    warn: (text) => context.stderr.write(remark(text)),
    async finish(request, report) {
      const silent = report.exitCode === 0 && (options.quiet || !context.stderr.isTerminal) && !options.json;
      if (silent) return;
      const { outcome } = report;
      if (outcome.status === "skipped" && !options.json && colourLevel(context.stderr.isTerminal, context.env) === 0) {
        context.stderr.write(skipLine(request.job.name, outcome));
        return;
      }
      const { tellEnd } = await import("../output/run-report.ts");
      await tellEnd(request, report, options, context);
    },
  };
}

/** A record that could be written nowhere else stays a JSON document on a line of its own. */
const remark = (text: string): string => (text.startsWith("{") ? `${text}\n` : `jobctl: ${text}\n`);

/** What draws is loaded by the first progress that somebody watches. */
function progressLine(mirror: Mirror, { columns }: Output): Pick<ProgressLine, "draw" | "clear"> & { end(): void } {
  const write = (text: string): void => mirror.write(Buffer.from(text).toString("latin1"));
  const state: { line?: ProgressLine; isLoading?: true; newest?: Parameters<ProgressLine["draw"]> | undefined } = {};
  const load = async (): Promise<void> => {
    state.isLoading = true;
    const { createProgressLine } = await import("../output/progress-line.ts");
    state.line = createProgressLine({ write, columns });
    if (state.newest) state.line.draw(...state.newest);
  };
  return {
    draw(...progress) {
      state.newest = progress;
      if (state.line) state.line.draw(...progress);
      else if (!state.isLoading) void load();
    },
    clear: () => state.line?.clear(),
    end() {
      state.newest = undefined;
      state.line?.clear();
    },
  };
}
