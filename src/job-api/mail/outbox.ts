import { randomUUID } from "node:crypto";
import type { Kysely } from "kysely";
import { errnoCode, JobctlError } from "../../errors.ts";
import type { AppDatabase } from "../database/app-tables.ts";
import type { Mail } from "./mail.ts";

/** What a claim found. */
export type Claim = { status: "ours" | "sent" | "elsewhere" } | { status: "refused"; reason: string };

/**
 * The table `outbox`: its UNIQUE key is what makes one mail of many requests. A row that is `queued` without an error is
 * being sent since `created_at`; one older than the lease was left by a worker that died, and is taken over. `sent` and
 * `failed` (refused for good) are final.
 */
export interface Outbox {
  claim(mail: Mail, text: string): Promise<Claim>;
  /** What `claim` would find, without writing. */
  look(key: string): Promise<Claim>;
  /** Says that the claim is still worked on. */
  renew(key: string): Promise<void>;
  sent(key: string): Promise<void>;
  refused(key: string, reason: string): Promise<void>;
  /** Gives the claim back: the next who asks sends it. */
  release(key: string, reason: string): Promise<void>;
  sentSince(instant: Date): Promise<number>;
}

export function openOutbox(db: Kysely<AppDatabase>, { clock, lease }: { clock(): Date; lease: number }): Outbox {
  const expired = (): string => new Date(clock().getTime() - lease).toISOString();
  const set = async (key: string, values: OutboxChange): Promise<void> => {
    await db.updateTable("outbox").set(values).where("dedupe_key", "=", key).execute();
  };
  const look = async (key: string): Promise<Claim> => {
    const columns = ["status", "created_at", "error_message"] as const;
    const row = await db.selectFrom("outbox").select(columns).where("dedupe_key", "=", key).executeTakeFirst().catch(noOutbox);
    if (!row) return { status: "ours" };
    if (row.status === "sent") return { status: "sent" };
    if (row.status === "failed") return { status: "refused", reason: row.error_message ?? "refused earlier" };
    return { status: row.error_message !== null || row.created_at < expired() ? "ours" : "elsewhere" };
  };
  return {
    look,
    async claim(mail, text) {
      if ((await insert(db, mail, text, clock())) || (await takeOver(db, mail.key, clock(), expired()))) return { status: "ours" };
      const found = await look(mail.key);
      return found.status === "ours" ? { status: "elsewhere" } : found;
    },
    renew: (key) => set(key, { created_at: clock().toISOString() }),
    sent: (key) => set(key, { status: "sent", sent_at: clock().toISOString(), error_message: null }),
    refused: (key, reason) => set(key, { status: "failed", error_message: reason }),
    release: (key, reason) => set(key, { error_message: reason }),
    async sentSince(instant) {
      const { amount } = await db
        .selectFrom("outbox")
        .select(({ fn }) => fn.countAll<number>().as("amount"))
        .where("channel", "=", "email")
        .where("sent_at", ">", instant.toISOString())
        .executeTakeFirstOrThrow()
        .catch(noOutbox);
      return Number(amount);
    },
  };
}

type OutboxChange = Partial<Record<"created_at" | "sent_at", string>> & { status?: "sent" | "failed"; error_message?: string | null };

async function insert(db: Kysely<AppDatabase>, { key, kind, to, subject }: Mail, text: string, now: Date): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto("outbox")
    .values({
      id: randomUUID(),
      dedupe_key: key,
      channel: "email",
      kind,
      recipient: to.address,
      subject,
      body: text,
      status: "queued",
      created_at: now.toISOString(),
    })
    .onConflict((conflict) => conflict.column("dedupe_key").doNothing())
    .executeTakeFirst()
    .catch(noOutbox);
  return numInsertedOrUpdatedRows === 1n;
}

/** One of two who try gets it: the other's update finds the row changed. */
async function takeOver(db: Kysely<AppDatabase>, key: string, now: Date, expired: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("outbox")
    .set({ created_at: now.toISOString(), error_message: null })
    .where("dedupe_key", "=", key)
    .where("status", "=", "queued")
    .where(({ or, eb }) => or([eb("error_message", "is not", null), eb("created_at", "<", expired)]))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** A database that is not ours may have none: 42P01 is PostgreSQL's undefined_table. */
function noOutbox(error: unknown): never {
  if (errnoCode(error) !== "42P01" && !String(error).includes("no such table: outbox")) throw error;
  throw new JobctlError(
    "config",
    "the database has no table outbox, in which the mailer keeps what it sent; create it by the CREATE TABLE outbox of jobctl's jobs/schema/001-application-tables.sql",
  );
}
