import { CompiledQuery, sql } from "kysely";
import { NEW_USER as user, ORG, type Query } from "./world.ts";

/** What it may not, and why not. */
export const REFUSED: Record<string, [Query, RegExp]> = {
  "no condition at all": [
    (db) => db.selectFrom("users").select("id"),
    /it reads users whosever they are; add \.where\("users\.organization_id", "=", organization\)$/,
  ],
  "another organization's": [(db) => db.selectFrom("users").select("id").where("organization_id", "=", "beta"), /reads users/],
  "a list with another one": [(db) => db.selectFrom("users").select("id").where("organization_id", "in", [ORG, "beta"]), /reads users/],
  "an OR beside it": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where(({ or, eb }) => or([eb("organization_id", "=", ORG), eb("id", "=", "bob")])),
    /reads users/,
  ],
  "its opposite": [(db) => db.selectFrom("users").select("id").where("organization_id", "!=", ORG), /reads users/],
  "NOT of it": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where(({ not, eb }) => not(eb("organization_id", "=", ORG))),
    /reads users/,
  ],
  "all organizations": [(db) => db.selectFrom("organizations").select("id"), /reads organizations .*"organizations\.id"/],
  "a joined table without it": [
    (db) => db.selectFrom("users as u").innerJoin("projects as p", "p.title", "u.name").select("u.id").where("u.organization_id", "=", ORG),
    /reads projects whosever they are; add \.where\("p\.organization_id"/,
  ],
  "a left join that does not limit its left side": [
    (db) =>
      db
        .selectFrom("users as u")
        .leftJoin("projects as p", (join) => join.on("u.organization_id", "=", ORG).on("p.organization_id", "=", ORG))
        .select("u.id"),
    /reads users/,
  ],
  "a right join": [
    (db) =>
      db
        .selectFrom("users as u")
        .rightJoin("projects as p", (join) => join.on("p.organization_id", "=", ORG))
        .select("p.id")
        .where("u.organization_id", "=", ORG),
    /reads projects/,
  ],
  "a subquery that forgets it": [
    (db) =>
      db
        .selectFrom("projects")
        .select("id")
        .where("organization_id", "=", ORG)
        .where("title", "in", (eb) => eb.selectFrom("users").select("users.id")),
    /reads users/,
  ],
  "a selected subquery that forgets it": [
    (db) =>
      db
        .selectFrom("projects")
        .select((eb) => eb.selectFrom("users").select(eb.fn.countAll<number>().as("n")).as("n"))
        .where("organization_id", "=", ORG),
    /reads users/,
  ],
  "a table that belongs by a reference, alone": [
    (db) => db.selectFrom("sessions").select("id"),
    /reads sessions .* by user_id: join users, or use a subquery/,
  ],
  "a reference to another organization's": [
    (db) =>
      db.selectFrom("sessions as s").innerJoin("users as u", "u.id", "s.user_id").select("s.id").where("u.organization_id", "=", "beta"),
    /reads sessions/,
  ],
  "another column of the table it belongs to": [
    (db) =>
      db.selectFrom("sessions as s").innerJoin("users as u", "u.name", "s.user_id").select("s.id").where("u.organization_id", "=", ORG),
    /reads sessions/,
  ],
  "a subquery of another column": [
    (db) =>
      db
        .selectFrom("sessions")
        .select("id")
        .where("user_id", "in", (eb) => eb.selectFrom("users").select("users.name").where("users.organization_id", "=", ORG)),
    /reads sessions/,
  ],
  "a union's second half": [
    (db) => db.selectFrom("users").select("id").where("organization_id", "=", ORG).union(db.selectFrom("projects").select("id")),
    /reads projects/,
  ],
  "a common table expression that forgets it": [
    (db) =>
      db
        .with("mine", (q) => q.selectFrom("users").select("id"))
        .selectFrom("mine")
        .select("mine.id"),
    /reads users/,
  ],
  "an update of all": [(db) => db.updateTable("users").set({ name: "x" }), /it changes users/],
  "an update that gives rows away": [
    (db) => db.updateTable("users").set({ organization_id: "beta" }).where("organization_id", "=", ORG),
    /would give rows of users to another organization/,
  ],
  "a delete of all": [(db) => db.deleteFrom("users").where("id", "=", "bob"), /it deletes from users/],
  "a delete by reference": [(db) => db.deleteFrom("sessions").where("user_id", "=", "bob"), /it deletes from sessions/],
  "an insert without it": [
    (db) => db.insertInto("users").values(user),
    /rows inserted into users need organization_id with the value "acme"/,
  ],
  "an insert for another": [(db) => db.insertInto("users").values({ ...user, organization_id: "beta" }), /rows inserted into users/],
  "one row of several for another": [
    (db) =>
      db.insertInto("users").values([
        { ...user, organization_id: ORG },
        { ...user, id: "m", email: "m", organization_id: "beta" },
      ]),
    /rows inserted into users/,
  ],
  "an insert from what is another's": [
    (db) =>
      db
        .insertInto("projects")
        .columns(["id", "title", "organization_id"])
        .expression((eb) => eb.selectFrom("users").select(["id", "email", "organization_id"]).where("organization_id", "=", ORG)),
    /rows inserted into projects/,
  ],
  "a conflict that changes another's row": [
    (db) =>
      db
        .insertInto("users")
        .values({ ...user, organization_id: ORG })
        .onConflict((c) => c.column("email").doUpdateSet({ name: "x" })),
    /a conflict in users might change another organization's row/,
  ],
  "raw SQL as a whole": [
    (db) =>
      ({
        ...sql`SELECT id FROM users WHERE organization_id = ${ORG}`,
        execute: () => sql`SELECT id FROM users WHERE organization_id = ${ORG}`.execute(db),
      }) as never,
    /raw SQL can't be checked/,
  ],
  "a compiled query": [
    (db) => ({ execute: () => db.executeQuery(CompiledQuery.raw("SELECT id FROM users")) }) as never,
    /raw SQL can't be checked/,
  ],
  "a query without plugins": [(db) => db.withoutPlugins().selectFrom("users").select("id"), /reads users/],
  "raw SQL that holds a query": [
    (db) => db.selectFrom("health_checks").select(sql`(SELECT count(*) FROM users)`.as("n")),
    /raw SQL in it holds a query/,
  ],
  "raw SQL that names a table": [
    (db) => db.selectFrom(sql<{ id: string }>`users`.as("u")).select("u.id"),
    /raw SQL in it names the table users/,
  ],
  "a table put into raw SQL": [
    (db) => db.selectFrom(sql<{ id: string }>`${sql.table("users")}`.as("u")).select("u.id"),
    /raw SQL in it names the table users/,
  ],
  "an identifier put into raw SQL": [
    (db) => db.selectFrom(sql<{ id: string }>`${sql.id("users")}`.as("u")).select("u.id"),
    /raw SQL in it names the table users/,
  ],
  "a table of a schema beside a common table expression of its name": [
    (db) =>
      db
        .with("users", (q) => q.selectFrom("users").select("id").where("organization_id", "=", ORG))
        .selectFrom("main.users" as "users")
        .select("id"),
    /reads users/,
  ],
  "a raw OR beside it": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where("organization_id", "=", ORG)
        .where(sql<boolean>`1 = 1 or 2 = 2`),
    /needs parentheses around it: 1 = 1 or 2 = 2/,
  ],
  "raw parentheses that end too early": [
    (db) =>
      db
        .selectFrom("users")
        .select("id")
        .where("organization_id", "=", ORG)
        .where(sql<boolean>`1 = 1) or (1 = 1`),
    /needs parentheses/,
  ],
  "a change of the schema": [(db) => db.schema.dropTable("users"), /DropTable can't be checked/],
  "a table that is not there": [(db) => db.selectFrom("usres" as "users").select("id"), /the database has no table "usres"/],
};
