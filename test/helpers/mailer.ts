import { afterEach } from "vitest";
import type { Dialect } from "../../src/job-api/database/open-database.ts";
import type { Mail } from "../../src/job-api/mail/mail.ts";
import { type MailerPorts, type OpenMailer, openMailer } from "../../src/job-api/mail/mailer.ts";
import { appDatabase, type TestDatabase } from "./databases.ts";
import { type SmtpScript, startRaw, startSmtp } from "./smtp.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** What the mailer takes for now. */
export const NOW = new Date("2026-11-22T03:00:00.000Z");
export const MAIL: Mail = {
  key: "payment-reminder:p1:2026-11-22",
  kind: "payment-reminder",
  to: { address: "ann@example.com", name: "Ann Ätna" },
  subject: "Open balance of Bridge",
  blocks: [
    "Hello <Ann> & all",
    { items: ["first", "second"] },
    { facts: { Balance: "$12.00" } },
    { link: "https://example.com/?a=1&b=2", label: "Pay" },
  ],
};

export async function database(dialect: Dialect = "sqlite"): Promise<TestDatabase> {
  const made = await appDatabase(dialect);
  closing.push(() => made.db.destroy());
  return made;
}

export function mailer(url: string, { db }: TestDatabase, ports: Partial<MailerPorts> = {}): OpenMailer {
  const made = openMailer(url, { db, clock: () => NOW, dryRun: false, signal: new AbortController().signal, count: () => {}, ...ports });
  closing.push(made.close);
  return made;
}

/** A server that closes with the test. */
export async function smtp(script?: SmtpScript) {
  const server = await startSmtp(script);
  closing.push(server.close);
  return server;
}

/** The same for one that speaks a script of its own. */
export async function raw(talk: Parameters<typeof startRaw>[0]) {
  const server = await startRaw(talk);
  closing.push(server.close);
  return server;
}

/** The outbox. */
export async function rows({ db }: TestDatabase) {
  return db.selectFrom("outbox").select(["dedupe_key", "status", "recipient", "sent_at", "error_message"]).execute();
}
