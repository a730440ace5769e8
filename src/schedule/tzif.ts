import { type TzRule, readTzRule } from "./tz-rule.ts";

/** From this instant on the zone's offset is this one; both in milliseconds. */
export interface Transition {
  at: number;
  offset: number;
  /** Whether the zone calls this its daylight saving time: Ireland does so in winter. */
  daylight: boolean;
}

const MAGIC = 0x545a6966; // "TZif"
const HEADER_BYTES = 44;

export interface TzFile {
  /** Sorted by `at`; the first begins before all time. */
  table: readonly Transition[];
  /** For the time after the table; without one its last offset stays. */
  rule: TzRule | undefined;
}

/** Reads a zone file (RFC 8536). Throws on anything else. */
export function readTzif(file: Buffer): TzFile {
  if (file.readUInt32BE(0) !== MAGIC) throw new Error("no TZif file");
  if (file.readUInt8(4) < 0x32) throw new Error("a TZif file of version 1, which has no 64-bit times");
  const start = blockBytes(file, 0, 4);
  const table = readTable(file, start);
  const footer = file
    .subarray(start + blockBytes(file, start, 8))
    .toString("latin1")
    .trim();
  return { table, rule: footer === "" ? undefined : readTzRule(footer) };
}

/** Six counts follow the magic, the version and 15 unused bytes: isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt. */
function counts(file: Buffer, start: number): [number, number, number, number, number, number] {
  const at = (index: number): number => file.readUInt32BE(start + 20 + 4 * index);
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}

function blockBytes(file: Buffer, start: number, timeBytes: number): number {
  const [utc, standard, leap, times, types, chars] = counts(file, start);
  return HEADER_BYTES + times * (timeBytes + 1) + types * 6 + chars + leap * (timeBytes + 4) + standard + utc;
}

function readTable(file: Buffer, start: number): Transition[] {
  const [, , , times] = counts(file, start);
  const firstTime = start + HEADER_BYTES;
  const firstIndex = firstTime + 8 * times;
  const typeOf = (type: number): Omit<Transition, "at"> => {
    const place = firstIndex + times + 6 * type;
    return { offset: file.readInt32BE(place) * 1000, daylight: file.readUInt8(place + 4) !== 0 };
  };
  const table = [{ at: Number.NEGATIVE_INFINITY, ...typeOf(0) }];
  for (let index = 0; index < times; index += 1) {
    const at = Number(file.readBigInt64BE(firstTime + 8 * index)) * 1000;
    table.push({ at, ...typeOf(file.readUInt8(firstIndex + index)) });
  }
  return table;
}
