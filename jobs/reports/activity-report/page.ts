import { columns } from "./charts.ts";
import { complianceSection } from "./compliance-section.ts";
import { type Html, html, trusted } from "./html.ts";
import type { Slice } from "./numbers.ts";
import type { Report } from "./report.ts";
import { STYLE } from "./style.ts";
import { SEVERITIES } from "./totals.ts";
import { amount, change, count, hourName, kindName, longDay, moment, periodName, shortDay } from "./words.ts";

/** The report as one HTML file that loads nothing: `jsonName` is only a link to its neighbour. */
export function page(report: Report, jsonName: string): string {
  const { kind, period } = report;
  const name = periodName(kind, { start: new Date(period.start), end: new Date(period.end) });
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:" />
        <link rel="icon" href="data:," />
        <title>${kindName(kind)}: ${name}</title>
        <style>
          ${trusted(STYLE)}
        </style>
      </head>
      <body>
        <div class="sheet">
          <header>
            <p class="kind">${kindName(kind)}</p>
            <h1>${name}</h1>
            ${lead(report)}
          </header>
          <main>
            ${tiles(report)} ${kind === "daily" ? null : daysSection(report)} ${hoursSection(report)} ${actionsSection(report)}
            ${securitySection(report)} ${report.compliance ? complianceSection(report.compliance) : null}
          </main>
          <footer>
            <p>
              All times are UTC. Made ${moment(report.generatedAt)} by ${report.job}${report.runId === null ? "" : `, run ${report.runId}`}.
              The same numbers as <a href="${jsonName}">JSON</a>.
            </p>
          </footer>
        </div>
      </body>
    </html> `.markup;
}

function lead({ actions, users, peakHour, kind }: Report): Html {
  if (actions.total === 0 || !peakHour) return html`<p class="lead">Nothing was recorded in the audit log.</p>`;
  const busiest = kind === "daily" ? "The busiest hour was" : "The busiest hour of the day was";
  return html`<p class="lead">
    <strong>${count(users.active, "user")}</strong> ${users.active === 1 ? "was" : "were"} active. Of
    <strong>${count(actions.total, "action")}</strong> in the audit log ${String(actions.successRate)}% succeeded. ${busiest}
    ${hourName(peakHour.hour)}.
  </p>`;
}

function tiles({ users, sessions, security, actions, before, kind }: Report): Html {
  const counted = (name: string, now: number, then: number): Html => tile(name, amount(now), change(now, then, kind));
  const then = before.actions.successRate;
  return html`<dl class="tiles">
    ${counted("Active users", users.active, before.users.active)} ${counted("New users", users.new, before.users.new)}
    ${counted("All users", users.total, before.users.total)} ${counted("Sessions started", sessions.started, before.sessions.started)}
    ${counted("Actions", actions.total, before.actions.total)}
    ${tile("Success rate", actions.successRate === null ? "–" : `${actions.successRate}%`, then === null ? "nothing to compare" : `${then}% before`)}
    ${counted("Failed logins", security.failedLogins, before.security.failedLogins)}
    ${counted("Incidents", security.incidents, before.security.incidents)}
  </dl>`;
}

function tile(name: string, value: string, told: string): Html {
  return html`<div class="tile">
    <dt>${name}</dt>
    <dd class="value">${value}</dd>
    <dd class="change">${told}</dd>
  </div>`;
}

function daysSection({ days, kind }: Report): Html {
  const most = days.reduce((top, each) => (each.count > top.count ? each : top));
  const told = `Actions on each day. The most, ${amount(most.count)}, on ${longDay(most.label)}.`;
  const everyNarrow = kind === "monthly" ? 5 : 2;
  return chartSection("Actions by day", "Day", days, ({ label }) => longDay(label), {
    told,
    label: ({ label }) => shortDay(label, kind),
    everyNarrow,
    everyWide: kind === "monthly" ? 2 : 1,
  });
}

function hoursSection({ hours, peakHour, kind }: Report): Html {
  const told = peakHour
    ? `Actions in each hour of the day. The most, ${amount(peakHour.count)}, between ${hourName(peakHour.hour).replace("–", " and ")}.`
    : "Actions in each hour of the day. There were none.";
  const title = kind === "daily" ? "Actions by hour" : "Actions by hour of the day";
  return chartSection(title, "Hour (UTC)", hours, ({ label }) => hourName(Number(label)), {
    told,
    label: ({ label }) => label,
    everyNarrow: 4,
    everyWide: 1,
  });
}

function chartSection(
  title: string,
  column: string,
  slices: readonly Slice[],
  name: (slice: Slice) => string,
  chart: Omit<Parameters<typeof columns>[0], "slices">,
): Html {
  return html`<section>
    <h2>${title}</h2>
    <ul class="legend">
      <li style="--swatch: var(--good)">succeeded</li>
      <li style="--swatch: var(--bad)">failed</li>
    </ul>
    <figure>${columns({ ...chart, slices })}</figure>
    <details>
      <summary>These numbers as a table</summary>
      <table>
        <caption>
          ${title}
        </caption>
        <thead>
          <tr>
            <th scope="col">${column}</th>
            <th scope="col" class="number">Actions</th>
            <th scope="col" class="number">Failed</th>
          </tr>
        </thead>
        <tbody>
          ${slices.map(
            (slice) =>
              html`<tr>
                <th scope="row">${name(slice)}</th>
                <td class="number">${amount(slice.count)}</td>
                <td class="number">${amount(slice.failures)}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </details>
  </section>`;
}

function actionsSection({ topActions }: Report): Html | null {
  const [first] = topActions;
  if (!first) return null;
  const row = ({ action, count: found, failures, share }: (typeof topActions)[number]): Html =>
    html`<tr>
      <th scope="row">
        ${action}<span class="bar" aria-hidden="true"><i style="width: ${Math.max(1, Math.round((found / first.count) * 100))}%"></i></span>
      </th>
      <td class="number">${amount(found)}</td>
      <td class="number">${share.toFixed(1)}%</td>
      <td class="number">${amount(failures)}</td>
    </tr> `;
  return html`<section class="long">
    <h2>Top actions</h2>
    <table>
      <caption>
        The ${topActions.length === 1 ? "only action" : `${topActions.length} most frequent actions`} of the audit log
      </caption>
      <thead>
        <tr>
          <th scope="col">Action</th>
          <th scope="col" class="number">Count</th>
          <th scope="col" class="number">Share</th>
          <th scope="col" class="number">Failed</th>
        </tr>
      </thead>
      <tbody>
        ${topActions.map((each) => row(each))}
      </tbody>
    </table>
  </section>`;
}

function securitySection({ security, sessions }: Report): Html {
  return html`<section>
    <h2>Security</h2>
    <table>
      <caption>
        Incidents that were detected, by severity
      </caption>
      <thead>
        <tr>
          <th scope="col">Severity</th>
          <th scope="col" class="number">Incidents</th>
        </tr>
      </thead>
      <tbody>
        ${SEVERITIES.map(
          (severity) =>
            html`<tr>
              <th scope="row">${severity}</th>
              <td class="number">${amount(security.bySeverity[severity])}</td>
            </tr> `,
        )}
      </tbody>
    </table>
    <p class="note">
      ${count(security.failedLogins, "failed login")}; ${count(sessions.revoked, "session")} revoked of ${amount(sessions.active)} in use.
    </p>
  </section>`;
}
