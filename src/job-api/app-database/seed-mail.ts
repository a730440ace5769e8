import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { days } from "./seed-people.ts";
import type { SeedWorld } from "./seed.ts";

type Rows<Table extends keyof AppDatabase> = Insertable<AppDatabase[Table]>[];

/** What one mail of the queue is made of. */
export interface SeedMail {
  notifications: Rows<"notifications">;
  queue: Rows<"notification_email_queue">;
  items: Rows<"notification_email_items">;
}

/** One user in ten has something to read: half of it due, some for later, some sent; one mail's worker died. */
export function makeMail({ random, now, users, projects }: SeedWorld): SeedMail {
  const readers = users.filter((_, index) => index % 10 === 3);
  const notifications = readers.map(({ id: user_id }, index) => ({
    id: random.uuid(),
    user_id,
    project_id: projects[index % projects.length]?.id ?? null,
    category: "project",
    title: "New comment",
    message: "Somebody commented on your project.",
    created_at: days(now, -random.next() * 2),
  }));
  const queue = readers.map(({ id: user_id }, index) => Object.assign({ id: random.uuid(), user_id }, queueState(index, now)));
  const items = queue.map(({ id }, index) => ({ queue_id: id, notification_id: notifications[index]?.id ?? "" }));
  return { notifications, queue, items };
}

function queueState(
  index: number,
  now: Date,
): Pick<Rows<"notification_email_queue">[number], "status" | "scheduled_for" | "claimed_by" | "claimed_at" | "sent_at"> {
  if (index === 0)
    return { status: "processing", scheduled_for: days(now, -0.1), claimed_by: "a worker that died", claimed_at: days(now, -0.09) };
  if (index % 4 === 1) return { status: "sent", scheduled_for: days(now, -1), sent_at: days(now, -0.99) };
  return { status: "pending", scheduled_for: days(now, index % 4 === 2 ? 0.5 : -0.01) };
}

/** What was mailed in the last month. */
export function makeOutbox({ random, now, users }: SeedWorld): Rows<"outbox"> {
  return users
    .filter((_, index) => index % 20 === 0)
    .map(({ email }) => {
      const created_at = days(now, -1 - random.next() * 28);
      const id = random.uuid();
      return {
        id,
        dedupe_key: `seed:${id}`,
        kind: "digest",
        recipient: email,
        subject: "Your weekly digest",
        body: "Three new projects.",
        status: "sent" as const,
        created_at,
        sent_at: created_at,
      };
    });
}

/** Told ones of the last weeks. */
export function makeIncidents({ random, now, organizations }: SeedWorld): Rows<"security_incidents"> {
  return Array.from({ length: 6 }, (_, index) => {
    const detected_at = days(now, -1.5 - index * 4);
    return {
      id: random.uuid(),
      organization_id: organizations[index % organizations.length]?.id ?? null,
      type: "failed-logins",
      severity: random.pick(["high", "medium", "low"]),
      details: JSON.stringify({ subject: `203.0.113.${index + 1}`, count: 5 + index }),
      detected_at,
      notified_at: detected_at,
    };
  });
}
