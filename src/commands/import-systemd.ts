import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { importSystemd as importTimers, serviceOf, type TimerPair } from "../importing/import-systemd.ts";
import { jsonDocument } from "../output/json.ts";
import { installedTimers, type SystemdCall, unitState, unitText } from "../system/systemd-units.ts";
import { homeFolders } from "../system/users.ts";
import { type ImportTarget, readText, writeImport } from "./import-output.ts";
import { zoneOption } from "./zones.ts";

export interface ImportSystemdOptions extends GlobalOptions, ImportTarget {
  units: string[];
  user: boolean;
  timezone?: string;
}

/** Writes manifest entries for systemd timers: those named, or all that the administrator has written. */
export async function importSystemd(options: ImportSystemdOptions, context: CommandContext): Promise<number> {
  const zone = zoneOption(options.timezone);
  const call = { env: context.env, isUser: options.user };
  const names = options.units.length > 0 ? options.units : await ownTimers(call, context);
  if (names.length === 0) {
    context.stderr.write("there are no timers of your own; name one to import it: jobctl import systemd man-db.timer\n");
    if (options.json) context.stdout.write(jsonDocument({ timezone: zone.name, jobs: [], leftOut: [], notes: [] }));
    return EXIT.ok;
  }
  const pairs: TimerPair[] = [];
  for (const name of names) pairs.push(name.includes("/") ? readPair(resolve(context.cwd, name)) : await askForPair(name, call));
  const homes = homeFolders();
  const found = importTimers(pairs, { timezone: zone.name, isUser: options.user, homeOf: (name) => homes.get(name) });
  return writeImport(found, options.units.length > 0 ? options.units.join(", ") : "systemd", options, context);
}

/** Timers that packages brought stay theirs: an update would bring them back. */
async function ownTimers(call: SystemdCall, { stderr }: CommandContext): Promise<string[]> {
  const timers = await installedTimers(call);
  const packaged = timers.filter(({ path }) => isPackaged(path)).map(({ name }) => name);
  if (packaged.length > 0) stderr.write(`left out, since they come with packages (name one to import it): ${packaged.join(", ")}\n`);
  return timers.filter(({ path }) => !isPackaged(path)).map(({ name }) => name);
}

const isPackaged = (path: string): boolean => /^(?:\/usr)?\/lib\/|^\/run\//.test(path);

async function askForPair(unit: string, call: SystemdCall): Promise<TimerPair> {
  const timerName = unit.endsWith(".timer") ? unit : `${unit.replace(/\.service$/, "")}.timer`;
  if (!/^[\w:.@\\-]+$/.test(timerName) || timerName.startsWith("-"))
    throw new JobctlError("usage", `"${unit}" can't be a unit's name; a file is named by a path: ./${basename(unit)}`);
  const timer = await unitText(timerName, call);
  if (timer === undefined)
    throw new JobctlError("usage", `there is no unit ${timerName}; systemctl list-timers --all shows those there are`);
  const serviceName = serviceOf(timerName, timer);
  return { timerName, timer, serviceName, service: await unitText(serviceName, call), state: await unitState(timerName, call) };
}

/** A timer's file, and its service's beside it; `x@db.timer` and `x@db.service` may be links, or come from `x@.timer`. */
function readPair(path: string): TimerPair {
  const timerPath = path.endsWith(".timer") ? path : `${path.replace(/\.service$/, "")}.timer`;
  const timer = readText(template(timerPath));
  const timerName = basename(timerPath);
  const serviceName = serviceOf(timerName, timer);
  const servicePath = template(join(dirname(timerPath), serviceName));
  return { timerName, timer, serviceName, service: existsSync(servicePath) ? readText(servicePath) : undefined, state: undefined };
}

function template(path: string): string {
  const shared = path.replace(/@[^/]*(\.\w+)$/, "@$1");
  return !existsSync(path) && existsSync(shared) ? shared : path;
}
