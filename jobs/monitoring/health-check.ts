import { defineJob, duration, itemParams, kinds } from "jobctl";
import { CHECKS } from "./health-check/checks.ts";
import { probe } from "./health-check/probe.ts";
import { keepFindings } from "./health-check/keep-findings.ts";

/**
 * Looks whether what the application needs is well: web addresses, ports, the database, disks, memory, certificates and
 * systemd units, all at once, each within its own time. One that is down makes the run fail.
 *
 * It changes `health_checks`: a row a check, and rows older than `keepFor` go, once a day. Safe to run again at any moment.
 * That all of this is watched is a rule of the admin server; what is well and what is not is said by each check in the manifest.
 */
export default defineJob({
  description: "Check web addresses, ports, the database, disks, memory, certificates and systemd units",
  params: {
    checks: kinds(CHECKS, { description: "what to look at, each with a name of its own" }),
    keepFor: duration({ default: "30d", description: "how long the findings are kept" }),
    ...itemParams,
  },
  async run(context) {
    const { params, each, count, progress } = context;
    let done = 0;
    const findings = await Promise.all(
      params.checks.map(async (check) => {
        const finding = await probe(check, context);
        progress((done += 1), params.checks.length);
        return finding;
      }),
    );
    for (const status of ["ok", "degraded", "down"])
      count(`${status}Count`, findings.filter((finding) => finding.status === status).length);
    await each(
      findings,
      ({ name }) => name,
      ({ status, detail }) => {
        if (status === "down") throw new Error(detail);
      },
    );
    await keepFindings(context, findings, params.keepFor);
    return { checks: Object.fromEntries(findings.map(({ name, ...finding }) => [name, { ...finding }])) };
  },
});
