import type { RunStatus } from "../run.ts";

export type Paint = (text: string) => string;

/** Colours for people; where there are none, each returns its text as it is. */
export interface Style {
  bold: Paint;
  dim: Paint;
  red: Paint;
  green: Paint;
  yellow: Paint;
  cyan: Paint;
}

/** No colours. */
export const PLAIN: Style = { bold: String, dim: String, red: String, green: String, yellow: String, cyan: String };

export type Env = Readonly<Record<string, string | undefined>>;

/** Whether it is a terminal that takes escape sequences: colours, and a line that is drawn anew. */
export const takesEscapes = (isTerminal: boolean, { TERM }: Env): boolean => isTerminal && TERM !== "dumb";

/** 0: none; 1: 16 colours; 2: 256; 3: all. */
export type ColourLevel = 0 | 1 | 2 | 3;

/** FORCE_COLOR (0 to 3; anything else is 1) over NO_COLOR (https://no-color.org: any text) over whether it is a terminal that knows colours. */
export function colourLevel(isTerminal: boolean, env: Env): ColourLevel {
  const { FORCE_COLOR, NO_COLOR } = env;
  if (FORCE_COLOR === "false") return 0;
  if (FORCE_COLOR) return /^[0-3]$/.test(FORCE_COLOR) ? (Number(FORCE_COLOR) as ColourLevel) : 1;
  if (NO_COLOR) return 0;
  return takesEscapes(isTerminal, env) ? 1 : 0;
}

/** How a status looks: a sign, so that it is told apart without colours too, words and a colour. */
export function statusLook(status: RunStatus, warn: boolean): { text: string; colour: keyof Style } {
  if (status === "succeeded") return warn ? { text: "! warning", colour: "yellow" } : { text: "✓ succeeded", colour: "green" };
  return LOOKS[status];
}

const LOOKS = {
  running: { text: "▸ running", colour: "cyan" },
  failed: { text: "✗ failed", colour: "red" },
  "timed-out": { text: "✗ timed out", colour: "red" },
  crashed: { text: "✗ crashed", colour: "red" },
  "not-started": { text: "✗ not started", colour: "red" },
  cancelled: { text: "■ cancelled", colour: "yellow" },
  skipped: { text: "○ skipped", colour: "dim" },
} as const satisfies Record<Exclude<RunStatus, "succeeded">, { text: string; colour: keyof Style }>;
