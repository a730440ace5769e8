const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const YEAR_10000 = 253_402_300_800_000;

/** Days from 0000-03-01 to 1970-01-01: a year that begins in March has its leap day at its end. */
const DAYS_TO_1970 = 719_468;
const [DAYS_IN_400_YEARS, DAYS_IN_100_YEARS, DAYS_IN_4_YEARS] = [146_097, 36_524, 1461];

/**
 * RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it (and throws it for what is no time). The first Date of a process
 * costs a hundredth of a start, since V8 then looks for the host's zone; most runs need no other. The calendar is that of `civil_from_days`
 * in H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
export function utcTime(ms: number): string {
  if (!Number.isInteger(ms) || ms < 0 || ms >= YEAR_10000) return new Date(ms).toISOString();
  const day = Math.floor(ms / DAY_MS) + DAYS_TO_1970;
  const era = Math.floor(day / DAYS_IN_400_YEARS);
  const dayOfEra = day % DAYS_IN_400_YEARS;
  const leapDays =
    Math.floor(dayOfEra / (DAYS_IN_4_YEARS - 1)) -
    Math.floor(dayOfEra / DAYS_IN_100_YEARS) +
    Math.floor(dayOfEra / (DAYS_IN_400_YEARS - 1));
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = ((monthFromMarch + 2) % 12) + 1;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  const seconds = Math.floor((ms % DAY_MS) / SECOND_MS);
  const [hour, minute, second] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${padded(year, 4)}-${padded(month)}-${padded(date)}T${padded(hour)}:${padded(minute)}:${padded(second)}.${padded(ms % SECOND_MS, 3)}Z`;
}

const padded = (value: number, digits = 2): string => String(value).padStart(digits, "0");
