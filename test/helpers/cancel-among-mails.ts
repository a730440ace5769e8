import { setTimeout as pause } from "node:timers/promises";
import type { TestDatabase } from "./databases.ts";
import { type EntryRun, startEntry } from "./entry.ts";
import { type MailServer, startSmtp } from "./smtp.ts";
import type { Started } from "./world.ts";

/** Runs an entry and cancels it by SIGTERM while its second mail is under way. The server takes mails on. */
export async function cancelAmongMails(name: string, data: TestDatabase): Promise<{ run: EntryRun; server: MailServer }> {
  const state: { started?: Started } = {};
  const server = await startSmtp({
    async beforeAnswer() {
      if (server.mails.length === 1) state.started?.child.kill("SIGTERM");
      await pause(50);
    },
  });
  state.started = startEntry(name, data, { mail: server.url() });
  const { stdout } = await state.started.ended;
  return { run: JSON.parse(stdout) as EntryRun, server };
}
