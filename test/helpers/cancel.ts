import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestDatabase } from "./databases.ts";
import { type EntryOptions, type EntryRun, manifestWith, startEntry } from "./entry.ts";
import { type MailServer, startSmtp } from "./smtp.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { type Started, until } from "./world.ts";

/** What test/fixtures/hold-at.cjs can hold back. */
type Point = `${"wait" | "copy" | "mkdir"}:${number}`;

/** Runs an entry and cancels it by SIGTERM at the n-th call of a function in its midst, however fast or slow the machine is. */
export async function cancelAt(point: Point, name: string, data: TestDatabase, options: EntryOptions = {}): Promise<EntryRun> {
  const signs = temporaryFolder();
  const started = startEntry(name, data, { ...options, manifest: watched(name, signs, point) });
  const held = until(() => existsSync(join(signs, "held")), `${name} at ${point}`);
  await Promise.race([held, endedEarly(started)]);
  return cancel(started);
}

/** The same as soon as something holds that lasts until the run is cancelled. */
export async function cancelOnce(holds: () => boolean, name: string, data: TestDatabase, options: EntryOptions = {}): Promise<EntryRun> {
  const started = startEntry(name, data, options);
  await Promise.race([until(holds, `the midst of ${name}`), endedEarly(started)]);
  return cancel(started);
}

/** Something was done, and something is left. */
export function isHalfWay(some: number, all: number): boolean {
  return some > 0 && some < all;
}

/** The same while its n-th mail is under way: the server answers when the job knows that it is cancelled. It takes mails on. */
export async function cancelAmongMails(name: string, data: TestDatabase, { nth = 2 } = {}): Promise<{ run: EntryRun; server: MailServer }> {
  const signs = temporaryFolder();
  const under = Promise.withResolvers<void>();
  const server = await startSmtp({
    async beforeAnswer() {
      if (server.mails.length !== nth - 1) return;
      under.resolve();
      await until(() => existsSync(join(signs, "told")), "the signal");
    },
  });
  const started = startEntry(name, data, { mail: server.url(), manifest: watched(name, signs) });
  await Promise.race([under.promise, endedEarly(started)]);
  return { run: await cancel(started), server };
}

/** The shipped manifest, with the fixture in the entry's host. */
function watched(name: string, signs: string, point?: Point): string {
  const fixture = join(import.meta.dirname, "../fixtures/hold-at.cjs");
  const env = JSON.stringify({ NODE_OPTIONS: `--require=${fixture}`, SIGNS: signs, ...(point ? { HOLD_AT: point } : {}) });
  return manifestWith(`\n  ${name}:\n`, `\n  ${name}:\n    env: ${env}\n`);
}

async function endedEarly({ ended }: Started): Promise<never> {
  const { stdout, stderr } = await ended;
  throw new Error(`it ended before it could be cancelled: ${stdout}${stderr}`);
}

async function cancel({ child, ended }: Started): Promise<EntryRun> {
  child.kill("SIGTERM");
  const { signal, stdout } = await ended;
  // It ends as the signal would have ended it, so that its caller knows.
  if (signal !== "SIGTERM") throw new Error(`it ended by ${signal}: ${stdout}`);
  return JSON.parse(stdout) as EntryRun;
}
