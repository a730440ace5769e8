/** The spellings of durations and sizes in manifests and on the command line. Plain numbers are milliseconds and megabytes. */

const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const SIZE_UNITS = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 } as const;

/** What `parseDuration` takes as text, for the manifest's schema too: `90s`, `1h30m`, `1.5h`, `5000`. So many digits that no sum leaves the safe integers. */
export const DURATION_PATTERN =
  /^(?:\d{1,15}(?:\.\d{1,6})?|(?:\d{1,12}(?:\.\d{1,6})?ms|\d{1,9}(?:\.\d{1,6})?s|\d{1,6}(?:\.\d{1,6})?[mhdw]){1,6})$/;
/** What `parseSize` takes as text: `512MB`, `1.5GB`, `512`; again within the safe integers. */
export const SIZE_PATTERN =
  /^(?:\d{1,15}B|\d{1,12}(?:\.\d{1,6})?KB|\d{1,9}(?:\.\d{1,6})?(?:MB)?|\d{1,6}(?:\.\d{1,6})?GB|\d{1,3}(?:\.\d{1,6})?TB)$/;

export const DURATION_FORMS = "a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds";
export const SIZE_FORMS = "a size such as 512MB or 1.5GB, or a number of megabytes";

/** Milliseconds, or undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined;
  let total = 0;
  for (const [, amount = "", unit = "ms"] of text.matchAll(/([\d.]+)(ms|[smhdw])?/g)) {
    total += Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS];
  }
  return Math.round(total);
}

/** Bytes, or undefined for what is no size. */
export function parseSize(text: string): number | undefined {
  if (!SIZE_PATTERN.test(text)) return undefined;
  const [, amount = "", unit = ""] = /^([\d.]+)(.*)$/.exec(text) ?? [];
  return Math.round(Number(amount) * SIZE_UNITS[(unit || "MB") as keyof typeof SIZE_UNITS]);
}

/** `90000` → `1m30s`: the exact amount in units that `parseDuration` reads back; days are the largest. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.max(0, Math.round(milliseconds));
  if (rest === 0) return "0s";
  let text = "";
  for (const unit of ["d", "h", "m", "s", "ms"] as const) {
    const count = Math.floor(rest / DURATION_UNITS[unit]);
    rest -= count * DURATION_UNITS[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text;
}

/** `1610612736` → `1.5GB`: at most one decimal, for people. */
export function formatSize(bytes: number): string {
  const units = Object.keys(SIZE_UNITS) as (keyof typeof SIZE_UNITS)[];
  const unit = units.findLast((each) => bytes >= SIZE_UNITS[each]) ?? "B";
  return `${Number((bytes / SIZE_UNITS[unit]).toFixed(1))}${unit}`;
}
