import type { Problem } from "./schedule.ts";
import { DAY_MS } from "./wall-time.ts";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };
const LONGEST = 366 * DAY_MS;

/** `every 15m` or `15m` as milliseconds. */
export function readInterval(text: string): number | Problem {
  const duration = text.replace(/^every\b\s*/i, "");
  const [, amount, unit] = /^(\d{1,9})\s*([smhdw])$/.exec(duration) ?? [];
  const every = Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (Number.isNaN(every)) return { problem: `interval "${duration}" ${hint(duration)}` };
  if (every === 0) return { problem: `interval "${duration}" is too short: the shortest is 1s` };
  if (every > LONGEST) return { problem: `interval "${duration}" is too long: the longest is 366d` };
  if (every < 60_000 && DAY_MS % every !== 0) {
    return { problem: `interval "${duration}" does not divide a day, which below a minute no timer can say: ${nextDivisor(every)} does` };
  }
  return every;
}

/** The next greater interval that divides a day. */
function nextDivisor(every: number): string {
  const next = Array.from({ length: 60 }, (_, index) => every / 1000 + index + 1).find((seconds) => 86_400 % seconds === 0);
  return `${next}s`;
}

function hint(duration: string): string {
  if (duration === "") return "is missing: write every 15m";
  if (/^\d+ms$/.test(duration)) return "is not in whole seconds: the shortest is 1s";
  if (/^\d+$/.test(duration)) return `has no unit: write ${duration}s, ${duration}m or ${duration}h`;
  if (duration.startsWith("-")) return "is negative: write every 15m";
  if (/^\d+\.\d+/.test(duration)) return "is no whole number: write it in the next smaller unit (90m for 1.5h)";
  if (/^(\d+[smhdw]\s*){2,}$/.test(duration)) return "has two units: write it in the smaller one (90m for 1h30m)";
  if (/^\d+\s*(mo|months?|y|years?)$/i.test(duration)) return 'has no fixed length: write cron fields ("0 0 1 * *" is every month)';
  const word = /^(\d+)\s*(sec|min|hour|hr|day|week|[SMHDW])/i.exec(duration);
  if (word) return `spells its unit: write ${word[1]}${word[2]?.charAt(0).toLowerCase()}`;
  return "is not understood: write a number and s, m, h, d or w (every 15m)";
}
