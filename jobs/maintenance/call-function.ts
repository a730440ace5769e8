import { defineJob, json, list, text } from "jobctl";

/**
 * Calls a function of the PostgreSQL database, `SELECT name(arguments)`, and takes the integer that it returns as the count:
 * how the client portal runs the clean-ups that live in its database.
 *
 * What it changes is the function's business, and so is whether it may run twice. The call and its `audit_logs` row are one
 * transaction: a function that fails, or that returns something else than an integer (or nothing), has changed nothing.
 * A cancelled run cancels the call. A dry run only checks that the function is there: what it would do can't be asked.
 */
export default defineJob({
  description: "Call a function of the PostgreSQL database and keep the integer that it returns",
  params: {
    name: text({ description: "the function; with its schema (reports.refresh) where that is not on the search path" }),
    arguments: list(json({ description: "a value" }), { default: [], description: "its arguments, in order" }),
  },
  async run({ params, database, dryRun, count }) {
    const affected = await database.callFunction(params.name, params.arguments, (affectedCount) => ({
      action: "function.called",
      resource: "function",
      resourceId: params.name,
      details: { affectedCount },
    }));
    if (!dryRun) count("affectedCount", affected);
    return { called: !dryRun, function: params.name };
  },
});
