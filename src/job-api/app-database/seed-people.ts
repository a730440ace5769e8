import type { Insertable } from "kysely";
import type { AppDatabase } from "../database/app-tables.ts";
import { DAY } from "../instants.ts";
import type { Random } from "./random.ts";

/** The instant so many days from now (negative: ago), as UTC text. */
export function days(now: Date, amount: number): string {
  return new Date(now.getTime() + Math.round(amount * DAY)).toISOString();
}

const FIRST = [
  "Amina",
  "Ben",
  "Carla",
  "Deniz",
  "Elena",
  "Farid",
  "Grace",
  "Hugo",
  "Ines",
  "Jonas",
  "Keiko",
  "Liam",
  "Maya",
  "Noor",
  "Omar",
] as const;
const LAST = [
  "Adeyemi",
  "Berg",
  "Costa",
  "Dubois",
  "Eriksen",
  "Fischer",
  "García",
  "Haddad",
  "Ito",
  "Kaya",
  "Lind",
  "Moreau",
  "Novak",
  "Okafor",
] as const;
const COMPANY = ["Acme", "Borealis", "Cobalt", "Delta", "Ember", "Fathom", "Granite", "Harbor", "Indigo", "Juniper"] as const;
const TRADE = ["Labs", "Studio", "Works", "Foundation", "Logistics", "Media"] as const;
const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Africa/Lagos"] as const;

export function makeOrganizations(random: Random, count: number): Insertable<AppDatabase["organizations"]>[] {
  return Array.from({ length: count }, (_, index) => ({
    id: random.uuid(),
    name: `${random.pick(COMPANY)} ${random.pick(TRADE)} ${index + 1}`,
    status: random.chance(0.05) ? "suspended" : "active",
    email_digest_enabled: Number(random.chance(0.5)),
  }));
}

/** The first of each organization is its admin. One in twelve has not been seen for more than 90 days and is inactive. */
export function* makeUsers(
  random: Random,
  { count, now, organizations }: { count: number; now: Date; organizations: readonly { id: string }[] },
): Generator<Insertable<AppDatabase["users"]>, void> {
  for (let index = 0; index < count; index += 1) {
    const [first, last] = [random.pick(FIRST), random.pick(LAST)];
    const away = random.chance(1 / 12);
    const member = random.between(120, 900);
    yield {
      id: random.uuid(),
      organization_id: organizations[index % organizations.length]?.id ?? null,
      email: `${ascii(first)}.${ascii(last)}.${index + 1}@example.com`,
      name: `${first} ${last}`,
      first_name: first,
      last_name: last,
      phone: random.chance(0.6) ? `+49301${random.between(100000, 999999)}` : null,
      avatar_url: random.chance(0.2) ? `/uploads/avatar-${index + 1}.txt` : null,
      bio: random.chance(0.3) ? "Likes tidy databases." : null,
      role: index < organizations.length ? "admin" : "member",
      status: away ? "inactive" : "active",
      timezone: random.pick(ZONES),
      digest_opt_in: Number(random.chance(0.4)),
      last_login_at: days(now, away ? -random.between(91, member) : -random.next() * 30),
      created_at: days(now, -member),
    };
  }
}

function ascii(name: string): string {
  return name
    .normalize("NFD")
    .replaceAll(/[^A-Za-z]/g, "")
    .toLowerCase();
}
