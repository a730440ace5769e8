import { marksOf } from "./evidence.ts";
import type { SoakResult } from "./soak.ts";
import type { StormState } from "./storm.ts";

/** How many examples of a broken invariant are shown. */
const EXAMPLES = 10;

export function renderReport({ options, verdicts, findings, state, leftOut, folder }: SoakResult): string {
  const { readers, writers, full, clockSteps } = state.weather;
  const seconds = ({ times, ms }: { times: number; ms: number }): string => `${times} (${Math.round(ms / 1000)} s)`;
  const broken = verdicts.filter((verdict) => verdict.broken.length > 0);
  const lines = [
    `soak test: seed ${options.seed}, ${options.jobs} jobs, ${Math.round(state.elapsed / 1000)} s, at most ${options.atOnce} runs at once`,
    "",
    `started   ${findings.supervisors.length} runs, whose children started ${marksOf(findings.marks, "start").length} times`,
    `history   ${tally(findings.rows.map(({ status }) => status))}`,
    `ended     ${tally(findings.supervisors.map(({ code, signal }) => signal ?? `exit ${code}`))}`,
    `strikes   ${list(Object.entries(state.kills).map(([what, times]) => `${what} ${times}`))}`,
    `weather   clock steps ${clockSteps}, history read for seconds ${seconds(readers)}, locked ${seconds(writers)}, disk full ${seconds(full)}`,
    ...leftOut.map((what) => `LEFT OUT  ${what}`),
    "",
    ...verdicts.flatMap(renderVerdict),
    "",
    broken.length === 0
      ? "all hold"
      : `${broken.length} BROKEN; again with: npm run soak -- --seed ${options.seed} --seconds ${options.seconds}`,
    ...(folder === undefined ? [] : [`kept: ${folder}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function renderVerdict({ name, broken }: SoakResult["verdicts"][number]): string[] {
  const more = broken.length > EXAMPLES ? [`          and ${broken.length - EXAMPLES} more`] : [];
  return [
    `${broken.length === 0 ? "holds " : "BROKEN"}  ${name}`,
    ...broken.slice(0, EXAMPLES).map((text) => `          ${text.trimEnd()}`),
    ...more,
  ];
}

export function renderProgress({ elapsed, supervisors, kills, weather }: StormState): string {
  const struck = Object.values(kills).reduce((sum, times) => sum + times, 0);
  const running = supervisors.filter((each) => !each.isOver()).length;
  return `${Math.round(elapsed / 1000)} s: ${supervisors.length} runs, ${running} at work, ${struck} strikes, ${weather.clockSteps} clock steps`;
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return list([...counts].toSorted(([, one], [, two]) => two - one).map(([word, times]) => `${word} ${times}`));
}

const list = (words: readonly string[]): string => (words.length === 0 ? "none" : words.join(", "));
