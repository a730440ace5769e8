import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { DAY, HOUR } from "../instants.ts";
import { days } from "./seed-people.ts";
import type { Random } from "./random.ts";
import type { SeedWorld } from "./seed.ts";

type Rows<Table extends keyof AppDatabase> = Insertable<AppDatabase[Table]>[];
/** Made when they are asked for, so that a large table is never held whole. */
type Stream<Table extends keyof AppDatabase> = Iterable<Insertable<AppDatabase[Table]>>;

const TOKEN_LIVES = { email_verification: DAY, password_reset: HOUR, refresh: 30 * DAY, magic_link: HOUR / 4 } as const;
const TOKEN_KINDS = Object.keys(TOKEN_LIVES) as [keyof typeof TOKEN_LIVES, ...(keyof typeof TOKEN_LIVES)[]];

/** Three a user; about half have expired. */
export function makeTokens({ random, now, users }: SeedWorld): Stream<"auth_tokens"> {
  return users.values().flatMap(({ id: user_id }) =>
    Array.from({ length: 3 }, () => {
      const kind = random.pick(TOKEN_KINDS);
      const life = TOKEN_LIVES[kind] / DAY;
      const expires = random.chance(0.5) ? -random.next() * 60 - 0.01 : random.next() * life + 0.001;
      return {
        id: random.uuid(),
        user_id,
        kind,
        created_at: days(now, expires - life),
        expires_at: days(now, expires),
        used_at: random.chance(0.3) ? days(now, expires - life / 2) : null,
      };
    }),
  );
}

/** Two a user: the old ones expired up to 40 days ago. */
export function makeSessions({ random, now, users }: SeedWorld): Stream<"sessions"> {
  return users.values().flatMap(({ id: user_id }) =>
    [-random.next() * 40 - 0.01, random.next() * 14 + 0.01].map((expires) => ({
      id: random.uuid(),
      user_id,
      is_active: Number(expires > 0),
      created_at: days(now, expires - 14),
      last_activity_at: days(now, Math.min(expires, 0) - random.next()),
      expires_at: days(now, expires),
      ip_address: address(random),
    })),
  );
}

/** One user in two has a device; one device in three is unused for more than 90 days. */
export function makePushTokens({ random, now, users }: SeedWorld): Stream<"push_tokens"> {
  return users
    .filter(() => random.chance(0.5))
    .values()
    .map(({ id: user_id }) => ({
      id: random.uuid(),
      user_id,
      last_used_at: days(now, random.chance(1 / 3) ? -random.between(91, 400) : -random.next() * 89),
    }));
}

export function makeProjects(random: Random, count: number, organizations: readonly { id: string }[]): Rows<"projects"> {
  return Array.from({ length: count }, (_, index) => ({
    id: random.uuid(),
    organization_id: organizations[index % organizations.length]?.id ?? null,
    title: `Project ${index + 1}`,
    image_url: random.chance(0.5) ? `/uploads/project-${index + 1}.txt` : null,
    is_featured: Number(random.chance(0.1)),
  }));
}

/** Three members each; one in five was removed, half of these more than 90 days ago. */
export function makeMembers({ random, now, users, projects }: SeedWorld): Stream<"project_members"> {
  return projects.values().flatMap(({ id: project_id }, index) =>
    (["creator", "contributor", "client"] as const)
      .filter((_, place) => place < users.length)
      .map((role, place) => ({
        id: random.uuid(),
        project_id,
        user_id: users[(index * 3 + place) % users.length]?.id ?? "",
        role,
        is_primary_contact: Number(role === "client"),
        removed_at: random.chance(0.2) ? days(now, -random.between(1, 180)) : null,
      })),
  );
}

/** One a project and more: accepted, declined, and pending ones on both sides of 30 days. */
export function makeInvitations({ random, now, users, projects }: SeedWorld): Stream<"invitations"> {
  return projects.values().map(({ id: project_id }, index) => {
    const created = -random.next() * 80;
    const answer = random.pick(["accepted_at", "declined_at", "none", "none"] as const);
    return {
      id: random.uuid(),
      project_id,
      invited_by_id: users[index % users.length]?.id ?? null,
      created_at: days(now, created),
      expires_at: days(now, created + 14),
      ...(answer === "none" ? { accepted_at: null, declined_at: null } : answered(answer, days(now, created + 0.5))),
    };
  });
}

function answered(answer: "accepted_at" | "declined_at", at: string) {
  return { accepted_at: null, declined_at: null, [answer]: at };
}

/** Three a user over four years: some beyond the three years that they are kept. */
export function makeAuditLogs({ random, now, users }: SeedWorld): Stream<"audit_logs"> {
  return users.values().flatMap(({ id: user_id, organization_id }) =>
    Array.from({ length: 3 }, () => ({
      id: random.uuid(),
      organization_id: organization_id ?? null,
      user_id,
      action: random.pick(["login", "login", "login.failed", "profile.updated", "token.created"]),
      resource_type: "user",
      resource_id: user_id,
      status: random.chance(0.9) ? ("success" as const) : ("failure" as const),
      ip_address: address(random),
      user_agent: "Mozilla/5.0",
      metadata: null,
      created_at: days(now, -random.next() * 1460),
    })),
  );
}

/** Two cached numbers a user, one of them calculated more than 24 hours ago. */
export function makeAnalytics({ random, now, users }: SeedWorld): Stream<"analytics_metrics"> {
  return users.values().flatMap(({ id: user_id }) =>
    [-random.next() * 0.9, -random.next() * 5 - 1.1].map((calculated) => ({
      id: random.uuid(),
      user_id,
      metric_type: random.pick(["wealth", "zakat", "trend"]),
      calculated_value: JSON.stringify({ amount: random.between(0, 1_000_000) }),
      calculated_at: days(now, calculated),
      expires_at: days(now, calculated + 1),
    })),
  );
}

/** From the blocks that RFC 5737 keeps for examples. */
function address(random: Random): string {
  return `${random.pick(["192.0.2", "198.51.100", "203.0.113"])}.${random.between(1, 254)}`;
}
