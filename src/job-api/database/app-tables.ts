/** The tables of jobs/schema, as Kysely sees them. Instants are UTC text `YYYY-MM-DDTHH:MM:SS.sssZ`, flags 0/1, JSON text, money in minor units. */
import type { Selectable } from "kysely";
import type { AuditTables } from "./app-tables/audit.ts";
import type { MailTables } from "./app-tables/mail.ts";
import type { OperationTables } from "./app-tables/operation.ts";
import type { PeopleTables } from "./app-tables/people.ts";
import type { ProjectTables } from "./app-tables/projects.ts";
import type { ZakatTables } from "./app-tables/zakat.ts";

export interface AppDatabase extends PeopleTables, AuditTables, ProjectTables, MailTables, ZakatTables, OperationTables {}

/** A row of a table, as it is read. */
export type AppRow<Table extends keyof AppDatabase> = Selectable<AppDatabase[Table]>;
