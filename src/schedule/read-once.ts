import type { Problem } from "./schedule.ts";
import { clockText } from "./wall-time.ts";
import type { Zone } from "./zone.ts";
import { instantAt } from "./zone-clock.ts";

const ONCE = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?$/;
const EXAMPLE = "at 2026-12-01T03:00";

/** `at 2026-12-01T03:00` (local time of the zone, or with Z or an offset) as milliseconds since the epoch. */
export function readOnce(text: string, zone: Zone): number | Problem {
  const time = text.replace(/^at\b\s*/i, "");
  const parts = ONCE.exec(time);
  if (!parts) return { problem: `time "${time}" ${hint(time)}` };
  const local = localMs(parts);
  if (local === undefined) return { problem: `time "${time}" does not exist in the calendar` };
  if (parts[7] !== undefined) return local - offsetMs(parts[7]);
  const at = instantAt(zone, local);
  if (at !== undefined) return at;
  return {
    problem: `time "${time}" does not exist in ${zone.name}, where the clock skips it: write ${clockText(local + 3_600_000)} or UTC`,
  };
}

function localMs([, year, month, day, hour, minute, second]: RegExpExecArray): number | undefined {
  const numbers = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second ?? 0)] as const;
  const ms = Date.UTC(...numbers);
  const made = new Date(ms);
  const back = [
    made.getUTCFullYear(),
    made.getUTCMonth(),
    made.getUTCDate(),
    made.getUTCHours(),
    made.getUTCMinutes(),
    made.getUTCSeconds(),
  ];
  return numbers[0] >= 1970 && numbers[0] <= 2199 && back.every((value, index) => value === numbers[index]) ? ms : undefined;
}

function offsetMs(text: string): number {
  if (text === "Z") return 0;
  const [hours, minutes] = text.slice(1).split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000;
}

function hint(time: string): string {
  if (time === "") return `is missing: write ${EXAMPLE}`;
  if (/^\d{4}-\d\d-\d\d$/.test(time)) return `has a date only: write at ${time}T03:00`;
  if (/^\d{1,2}:\d\d/.test(time)) return `has no date: write ${EXAMPLE}, or "M H * * *" for every day`;
  return `is not understood: write ${EXAMPLE}, with Z or +02:00 behind it when it is not local`;
}
