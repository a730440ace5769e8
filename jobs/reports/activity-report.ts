import { mkdir, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { choice, defineJob, duration, text } from "jobctl";
import { complianceOf } from "./activity-report/compliance.ts";
import { numbersOf } from "./activity-report/numbers.ts";
import { fileName, KINDS, periodBefore } from "./activity-report/period.ts";
import { putReport } from "./activity-report/put-report.ts";

/**
 * Reports on the day, week or month before the scheduled time: users, sessions, security events, the top 20 actions, the peak
 * hour and the success rate; monthly also how the rules of data protection were kept.
 *
 * It writes one HTML file and the same numbers as JSON into `directory`, and one row of `reports`. Safe to run again at any
 * moment: a second run replaces the report of its period, and `--scheduled-for` makes a past one. What was reported and when
 * is a rule of the admin server; the ages in the compliance part are the marketplace's.
 */
export default defineJob({
  description: "Report on the activity of a day, week or month, as HTML and JSON",
  params: {
    period: choice(KINDS, { description: "what to report on: the last whole one before the scheduled time; weeks begin on Sunday" }),
    directory: text({ default: "var/reports", description: "where the files go, from the manifest's folder" }),
    deletionGrace: duration({ default: "30d", description: "a deletion request is in time up to this age" }),
    anonymizeAfter: duration({ default: "365d", description: "an audit row older than this must be anonymized" }),
    deleteAfter: duration({ default: "1095d", description: "an audit row older than this must be gone" }),
    tolerance: duration({
      default: "8d",
      description: "only what is older by more than this is a breach, since clean-ups run daily or weekly",
    }),
  },
  async run({ params, db, folder, scheduledFor, now, dryRun, job, runId, progress, signal }) {
    const period = periodBefore(params.period, scheduledFor);
    const numbers = await numbersOf(db, params.period, period);
    const compliance = params.period === "monthly" ? await complianceOf(db, period, params) : null;
    const report = { ...numbers, compliance, generatedAt: now.toISOString(), job, runId };
    progress(1, 2, "counted");
    const file = join(resolve(folder, params.directory), fileName(params.period, period));
    if (!dryRun) {
      await mkdir(resolve(folder, params.directory), { recursive: true });
      // Loaded here, since the charts cost a tenth of a second that a dry run need not pay.
      const { page } = await import("./activity-report/page.ts");
      await putFile(`${file}.json`, `${JSON.stringify(report, null, 2)}\n`, signal);
      await putFile(`${file}.html`, page(report, `${fileName(params.period, period)}.json`), signal);
      signal.throwIfAborted();
      await putReport(db, { report, file: `${file}.html`, now });
    }
    progress(2, 2);
    const { users, sessions, security, actions } = numbers;
    return {
      kind: params.period,
      periodStart: period.start.toISOString(),
      periodEnd: period.end.toISOString(),
      htmlPath: `${file}.html`,
      jsonPath: `${file}.json`,
      activeUsers: users.active,
      newUsers: users.new,
      sessionsStarted: sessions.started,
      actionCount: actions.total,
      successRate: actions.successRate,
      failedLogins: security.failedLogins,
      incidentCount: security.incidents,
      ...(compliance ? { complianceBreaches: compliance.breaches } : {}),
    };
  },
});

/** Whoever reads it meanwhile sees the old file or the new one, never half of one. */
async function putFile(path: string, content: string, signal: AbortSignal): Promise<void> {
  await writeFile(`${path}.new`, content, { signal });
  await rename(`${path}.new`, path);
}
