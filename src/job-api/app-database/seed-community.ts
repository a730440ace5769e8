import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { DAY, HOUR, startOfDay } from "../instants.ts";
import { days } from "./seed-people.ts";
import type { Random } from "./random.ts";
import type { SeedWorld } from "./seed.ts";

type Rows<Table extends keyof AppDatabase> = Insertable<AppDatabase[Table]>[];
/** Made when they are asked for, so that a large table is never held whole. */
type Stream<Table extends keyof AppDatabase> = Iterable<Insertable<AppDatabase[Table]>>;

/** One a user, and some whose user is gone. */
export function* makeProfiles({ random, users }: SeedWorld): Stream<"user_profiles"> {
  const orphans = Array.from({ length: Math.ceil(users.length / 50) }, () => ({ id: random.uuid(), user_id: null }));
  yield* users.values().map(({ id: user_id }) => ({ id: random.uuid(), user_id }));
  yield* orphans;
}

export function makeConsents({ random, users }: SeedWorld): Stream<"consent_records"> {
  return users
    .filter(() => random.chance(0.8))
    .values()
    .map(({ id: user_id }) => ({ id: random.uuid(), user_id }));
}

/** Four kinds an organization: some have expired, some will within a day, a week, a month, a year. */
export function makeCredentials({ random, now, users, organizations }: SeedWorld): Rows<"credentials"> {
  const kinds = ["api_key", "certificate", "license", "subscription"] as const;
  return organizations.flatMap(({ id: organization_id }, index) =>
    kinds.map((kind) => {
      const renews = kind === "license" || kind === "subscription" ? random.chance(0.5) : false;
      return {
        id: random.uuid(),
        organization_id,
        owner_user_id: users[index % users.length]?.id ?? null,
        kind,
        name: `${kind.replace("_", " ")} ${index + 1}`,
        auto_renew: Number(renews),
        renew_days: renews ? 365 : null,
        expires_at: days(now, random.pick([-3, 0.6, 5, 20, 200]) + random.next() / 4),
      };
    }),
  );
}

/** One user in forty asked to be forgotten: a third of them more than 30 days ago. One request's user is gone already. */
export function makeDeletionRequests({ random, now, users }: SeedWorld): Rows<"deletion_requests"> {
  const asked = users.filter((_, index) => index % 40 === 7);
  const requests = asked.map(({ id: user_id }) => ({
    id: random.uuid(),
    user_id,
    status: "pending" as const,
    anonymize_contributions: Number(random.chance(0.7)),
    requested_at: days(now, random.chance(1 / 3) ? -30.1 - random.next() / 2 : -random.next() * 29),
  }));
  const gone = {
    status: "pending" as const,
    anonymize_contributions: 1,
    id: random.uuid(),
    user_id: random.uuid(),
    requested_at: days(now, -30.5),
  };
  const done = Array.from({ length: 5 }, (_, index) => ({
    id: random.uuid(),
    user_id: random.uuid(),
    anonymize_contributions: 1,
    status: "completed" as const,
    outcome: "anonymized" as const,
    requested_at: days(now, -40 - index * 7),
    completed_at: days(now, -9.8 - index * 7),
  }));
  return [...requests, gone, ...done];
}

/** Up to fifteen a project, of as many users. */
export function makeUpvotes({ random, users, projects }: SeedWorld): Stream<"upvotes"> {
  return projects.values().flatMap(({ id: project_id }) => {
    const first = random.between(0, users.length - 1);
    return Array.from({ length: Math.min(users.length, random.between(0, 15)) }, (_, index) => ({
      id: random.uuid(),
      project_id,
      user_id: users[(first + index) % users.length]?.id ?? null,
    }));
  });
}

/** What avatars and project images name, and others that nothing names any more. */
export function makeUploads({ random, now, users, projects }: SeedWorld): Stream<"uploads"> {
  const named = [...users.map(({ avatar_url }) => avatar_url), ...projects.map(({ image_url }) => image_url)].flatMap((url) => url ?? []);
  const orphans = Array.from({ length: Math.ceil(users.length / 10) }, (_, index) => `/uploads/draft-${index + 1}.txt`);
  return [...named, ...orphans].values().map((url) => ({
    id: random.uuid(),
    filename: url.replace("/uploads/", ""),
    size_bytes: random.between(200, 2000),
    uploaded_by: users[random.between(0, users.length - 1)]?.id ?? null,
    created_at: days(now, -random.next() * 120),
  }));
}

/** Five a user in the last 45 days, most of them in office hours; and someone who tries passwords right now. */
export function* makeRecentAuditLogs({ random, now, users }: SeedWorld): Stream<"audit_logs"> {
  yield* users
    .values()
    .flatMap(({ id: user_id, organization_id }) =>
      Array.from({ length: 5 }, () =>
        auditRow(random, { user_id, organization_id: organization_id ?? null, created_at: officeHour(random, now) }),
      ),
    );
  yield* Array.from({ length: 8 }, (_, index) => ({
    id: random.uuid(),
    action: "login.failed",
    status: "failure" as const,
    ip_address: "203.0.113.66",
    organization_id: users[0]?.organization_id ?? null,
    user_agent: "curl/8.5",
    created_at: days(now, -(index + 1) / 24 / 60),
  }));
}

const ACTIONS = [
  "login",
  "login",
  "login",
  "login.failed",
  "project.viewed",
  "project.viewed",
  "project.updated",
  "profile.updated",
  "upvote.added",
  "file.uploaded",
  "token.created",
  "payment.recorded",
] as const;

function auditRow(
  random: Random,
  row: { user_id: string; organization_id: string | null; created_at: string },
): Rows<"audit_logs">[number] {
  const action = random.pick(ACTIONS);
  return {
    id: random.uuid(),
    ...row,
    action,
    resource_type: "user",
    resource_id: row.user_id,
    status: action === "login.failed" || random.chance(0.02) ? "failure" : "success",
    ip_address: `198.51.100.${random.between(1, 254)}`,
    user_agent: "Mozilla/5.0",
  };
}

/** The sum of three is near the middle more often than not: one in the afternoon, UTC. Yesterday at the latest, so that no alert is made of it. */
function officeHour(random: Random, now: Date): string {
  const hour = 13 + (random.next() + random.next() + random.next() - 1.5) * 7;
  return new Date(startOfDay(now).getTime() - (1 + Math.floor(random.next() * 45)) * DAY + hour * HOUR).toISOString();
}
