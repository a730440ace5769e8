import { resolve } from "node:path";
import type { CommandContext, GlobalOptions } from "../context.ts";
import { JobctlError } from "../errors.ts";
import { EXIT } from "../exit-codes.ts";
import { type CrontabPlace, importCrontab as importTable } from "../importing/import-crontab.ts";
import { jsonDocument } from "../output/json.ts";
import { readUserCrontab } from "../system/crontab.ts";
import { homeFolders, ownUser } from "../system/users.ts";
import { type ImportTarget, readText, writeImport } from "./import-output.ts";
import { zoneOption } from "./zones.ts";

export interface ImportCrontabOptions extends GlobalOptions, ImportTarget {
  file?: string;
  /** `user`: five fields and a command; `system`: with the user between them, as in /etc/cron.d. */
  form?: "user" | "system";
  dialect: "debian" | "cronie";
  timezone?: string;
  user?: string;
}

/** Writes manifest entries for the lines of a crontab: the caller's own, or a file's. */
export async function importCrontab(options: ImportCrontabOptions, context: CommandContext): Promise<number> {
  const { file } = options;
  const text = await readTable(file, context);
  if (text === undefined) {
    context.stderr.write(
      `${ownUser(context.uid).name} has no crontab; name a file to import another one: jobctl import crontab /etc/crontab\n`,
    );
    if (options.json) context.stdout.write(jsonDocument({ timezone: zoneOption(options.timezone).name, jobs: [], leftOut: [], notes: [] }));
    return EXIT.ok;
  }
  const place = placeOf(options, context, text);
  return writeImport(importTable(text, place), place.name, options, context);
}

async function readTable(file: string | undefined, { cwd, env }: CommandContext): Promise<string | undefined> {
  if (file === undefined) return readUserCrontab(env);
  return readText(file === "-" ? 0 : resolve(cwd, file), file);
}

function placeOf(
  { file, form, dialect, timezone, user }: ImportCrontabOptions,
  { cwd, now, uid }: CommandContext,
  text: string,
): CrontabPlace {
  const zone = zoneOption(timezone);
  const homes = homeFolders();
  const withUser = form === undefined ? file !== undefined && /^\/etc\/(?:crontab$|cron\.d\/)/.test(resolve(cwd, file)) : form === "system";
  if (!withUser && form === undefined && namesUsers(text, homes)) {
    throw new JobctlError(
      "usage",
      `${file ?? "crontab -l"}: the word behind the five fields is a user of this host on every line; say which it is: --form system, or --form user where it is a command`,
    );
  }
  return {
    name: file === undefined ? "crontab -l" : file === "-" ? "stdin" : file,
    withUser,
    dialect,
    timezone: zone.name,
    user: user ?? (file === undefined ? ownUser(uid).name : undefined),
    homeOf: (name) => homes.get(name),
    now: now(),
  };
}

/** Whether every line has a user of this host where a user's crontab has its command. */
function namesUsers(text: string, homes: ReadonlyMap<string, string>): boolean {
  const words = [...text.matchAll(/^[ \t]*(?:@\w+|[\d*][^\s=]*(?:[ \t]+\S+){4})[ \t]+(\S+)[ \t]+\S/gm)].map(([, word = ""]) => word);
  return words.length > 0 && words.every((word) => homes.has(word) && word !== "sync");
}
