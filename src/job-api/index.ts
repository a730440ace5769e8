/** What a job's author imports: `import { defineJob, text } from "jobctl"`. */
export type { Json } from "../job.ts";
export { defineJob, type JobDefinition, type JobResult } from "./define-job.ts";
export type { JobContext, Logger } from "./job-context.ts";
export type { BatchOptions, BatchStep } from "./batches.ts";
export type { Param, ParamFacts, Params, ParamValues } from "./param.ts";
export { choice, duration, flag, integer, json, list, number, record, size, text, type ParamOptions } from "./params.ts";
export { type Comparison, type Condition, conditions, type Scalar } from "./database/conditions.ts";
export type { RowBatches, RowFilter, Rows } from "./database/rows.ts";
export type { BulkMail, Mail, Mailer, MailOutcome, Recipient } from "./mail/mail.ts";
export type { MailBlock } from "./mail/render.ts";
export type { AppDatabase } from "./database/app-tables.ts";
export { batchParams, bulkMailParams, itemParams } from "./usual-params.ts";
export { ago, utcDay } from "./instants.ts";
export { adminsOf, mayBeMailed, type Person } from "./people.ts";
export { paged } from "./paged.ts";
export { stableId } from "./stable-id.ts";
