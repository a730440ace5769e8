/**
 * A second reading of cron, written for the tests: it walks over local times one by one, asks Intl for each instant's wall
 * clock, and shares no code with src/schedule. Slow and plain.
 */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string): Intl.DateTimeFormat {
  const found =
    formats.get(zone) ??
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      weekday: "short",
    });
  formats.set(zone, found);
  return found;
}

export interface Wall {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  weekday: number;
}

export function wallOf(zone: string, instant: number): Wall {
  const parts = Object.fromEntries(
    format(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  return {
    year: Number(parts.year),
    month: Number(parts.month),
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
    weekday: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday ?? ""),
  };
}

export const wallKey = ({ year, month, day, hour, minute, second }: Wall): string =>
  [year, month, day, hour, minute, second].map((part) => String(part).padStart(2, "0")).join("-");

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

function number(text: string, names: string[], base: number): number {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? Number(text) : index + base;
}

function matchesItem(item: string, value: number, min: number, max: number, names: string[]): boolean {
  const [range = "", step = "1"] = item.split("/");
  const [first = "", last = first] = range.split("-");
  const from = first === "*" ? min : number(first, names, min);
  const to = first === "*" ? max : number(last, names, min);
  const candidates: number[] = [];
  if (from <= to) for (let each = from; each <= to; each += 1) candidates.push(each);
  else {
    for (let each = from; each <= max; each += 1) candidates.push(each);
    for (let each = min; each <= to; each += 1) candidates.push(each);
  }
  return candidates.some((each, index) => index % Number(step) === 0 && each === value);
}

function matchesField(text: string, value: number, min: number, max: number, names: string[] = []): boolean {
  return text.split(",").some((item) => matchesItem(item, value, min, max, names));
}

const utcDay = (year: number, month: number, day: number): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay();
const lengthOf = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function matchesDom(text: string, { year, month, day, weekday }: Wall): boolean {
  const length = lengthOf(year, month);
  return text.split(",").some((item) => {
    if (item === "?") return true;
    if (item === "L") return day === length;
    if (item === "LW") {
      let last = length;
      while (utcDay(year, month, last) % 6 === 0) last -= 1;
      return day === last;
    }
    if (item.endsWith("W")) {
      const wanted = Number(item.slice(0, -1));
      const working = Array.from({ length }, (_, index) => index + 1).filter((each) => utcDay(year, month, each) % 6 !== 0);
      const [best] = working.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b);
      return weekday % 6 !== 0 && day === best;
    }
    return matchesItem(item, day, 1, 31, []);
  });
}

function matchesDow(text: string, { year, month, day, weekday }: Wall): boolean {
  return text.split(",").some((item) => {
    if (item === "?") return true;
    if (/L$/i.test(item)) return number(item.slice(0, -1), DAYS, 0) % 7 === weekday && day + 7 > lengthOf(year, month);
    const [name = "", n] = item.split("#");
    if (n !== undefined) return number(name, DAYS, 0) % 7 === weekday && Math.ceil(day / 7) === Number(n);
    if (weekday !== 0) return matchesWeekday(item, weekday);
    return matchesWeekday(item, 0) || matchesWeekday(item, 7);
  });
}

/** Wrapped ranges of weekdays go Monday to Sunday (7) and on. */
function matchesWeekday(item: string, value: number): boolean {
  if (item.startsWith("*")) return value < 7 && matchesItem(item, value, 0, 6, DAYS);
  const [range = "", step = "1"] = item.split("/");
  const [first = "", last = first] = range.split("-").map((each) => String(number(each, DAYS, 0)));
  const days: number[] = [];
  for (let each = Number(first); days.length < 8; each += 1) {
    days.push(each % 7);
    if (each === Number(last) || (each > Number(last) && each % 7 === Number(last) % 7)) break;
  }
  return days.some((each, index) => index % Number(step) === 0 && each === value % 7);
}

/** Whether a wall clock time matches an expression of five or six fields. */
export function matchesWall(expression: string, wall: Wall): boolean {
  const fields = expression.split(" ");
  const [second = "", minute = "", hour = "", dom = "", month = "", dow = ""] = fields.length === 5 ? ["0", ...fields] : fields;
  const star = dom.startsWith("*") || dow.startsWith("*") || dom === "?" || dow === "?";
  const dates = [matchesDom(dom, wall), matchesDow(dow, wall)];
  return (
    matchesField(second, wall.second, 0, 59) &&
    matchesField(minute, wall.minute, 0, 59) &&
    matchesField(hour, wall.hour, 0, 23) &&
    matchesField(month, wall.month, 1, 12, MONTHS) &&
    (star ? dates.every(Boolean) : dates.some(Boolean))
  );
}
