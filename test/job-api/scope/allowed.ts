import { sql } from "kysely";
import { ORG, type Query } from "./world.ts";

/** What a run for Acme may ask, and the ids that it gets: Acme's alone. */
export const ALLOWED: Record<string, [Query, string[]]> = {
  "its own column": [(db) => db.selectFrom("users").select("id").where("organization_id", "=", ORG), ["ann", "ben"]],
  "with other conditions beside it": [
    (db) =>
      db
        .selectFrom("users as u")
        .select("u.id")
        .where("u.status", "=", "active")
        .where("u.organization_id", "=", ORG)
        .where(({ or, eb }) => or([eb("u.id", "=", "ann"), eb("u.id", "=", "bob")])),
    ["ann"],
  ],
  "as a list of one": [(db) => db.selectFrom("users").select("id").where("organization_id", "in", [ORG]), ["ann", "ben"]],
  "the other way round": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where(({ eb, val, ref }) => eb(val(ORG), "=", ref("organization_id"))),
    ["ann", "ben"],
  ],
  "its own row among the organizations": [(db) => db.selectFrom("organizations").select("id").where("id", "=", ORG), [ORG]],
  "a table that belongs by a reference, joined": [
    (db) => db.selectFrom("sessions as s").innerJoin("users as u", "u.id", "s.user_id").select("s.id").where("u.organization_id", "=", ORG),
    ["s-ann"],
  ],
  "the same by a subquery": [
    (db) =>
      db
        .selectFrom("sessions")
        .select("id")
        .where("user_id", "in", (eb) => eb.selectFrom("users").select("users.id").where("users.organization_id", "=", ORG)),
    ["s-ann"],
  ],
  "over two references": [
    (db) =>
      db
        .selectFrom("upvotes as v")
        .innerJoin("projects as p", (join) => join.onRef("p.id", "=", "v.project_id").on("p.organization_id", "=", ORG))
        .select("v.id"),
    ["v-a"],
  ],
  "a left join of what is Acme's": [
    (db) =>
      db
        .selectFrom("users as u")
        .leftJoin("projects as p", (join) => join.on("p.organization_id", "=", ORG))
        .select("u.id")
        .where("u.organization_id", "=", ORG),
    ["ann", "ben"],
  ],
  "two tables of one organization": [
    (db) =>
      db
        .selectFrom("users as u")
        .innerJoin("projects as p", "p.organization_id", "u.organization_id")
        .select("u.id")
        .where("p.organization_id", "=", ORG),
    ["ann", "ben"],
  ],
  "a correlated subquery": [
    (db) =>
      db
        .selectFrom("projects as p")
        .select("p.id")
        .where("p.organization_id", "=", ORG)
        .where(({ exists, selectFrom }) => exists(selectFrom("upvotes as v").select("v.id").whereRef("v.project_id", "=", "p.id"))),
    ["p-a"],
  ],
  "a common table expression": [
    (db) =>
      db
        .with("mine", (q) => q.selectFrom("users").select("id").where("organization_id", "=", ORG))
        .selectFrom("mine")
        .select("mine.id"),
    ["ann", "ben"],
  ],
  "a derived table": [
    (db) => db.selectFrom((q) => q.selectFrom("users").select("id").where("organization_id", "=", ORG).as("mine")).select("mine.id"),
    ["ann", "ben"],
  ],
  "a union": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where("organization_id", "=", ORG)
        .union(db.selectFrom("projects").select("id").where("organization_id", "=", ORG)),
    ["ann", "ben", "p-a"],
  ],
  "a table that is everybody's": [(db) => db.selectFrom("health_checks").select("id"), ["h"]],
  "raw SQL with a column of a table": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where("organization_id", "=", ORG)
        .where(sql<boolean>`${sql.id("users", "id")} = users.id`),
    ["ann", "ben"],
  ],
  "raw SQL that is only an expression": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where("organization_id", "=", ORG)
        .where(sql<boolean>`(lower(email) = ${"ann@example.com"} or 1 = 2)`),
    ["ann"],
  ],
};
