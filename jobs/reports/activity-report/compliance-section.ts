import type { Compliance } from "./compliance.ts";
import { type Html, html } from "./html.ts";
import { amount, count } from "./words.ts";

/** The compliance part of a monthly report. Good and bad are said in words, colour only repeats it. */
export function complianceSection({ deletions, retention, anonymizedUsers, anonymizedAuditRows, archives, breaches }: Compliance): Html {
  const rules = [
    { rule: "deletion requests are done in time", breaches: deletions.late },
    { rule: "no deletion request is overdue", breaches: deletions.overdue },
    ...retention,
  ];
  return html`<section>
    <h2>Compliance</h2>
    <table>
      <caption>
        Rules of data protection, at the end of the month: ${breaches === 0 ? "all are kept" : `broken ${count(breaches, "time")}`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Rule</th>
          <th scope="col" class="number">Breaches</th>
          <th scope="col">Kept</th>
        </tr>
      </thead>
      <tbody>
        ${rules.map(ruleRow)}
      </tbody>
    </table>
    <p class="note">
      In this month ${count(deletions.completed, "deletion request was", "deletion requests were")} done, ${amount(deletions.inTime)} of
      them in time; ${count(anonymizedUsers, "user")} and ${count(anonymizedAuditRows, "audit row")} were anonymized;
      ${count(archives.files, "archive")} with ${count(archives.rows, "row")} written.
    </p>
  </section>`;
}

function ruleRow({ rule, breaches }: { rule: string; breaches: number }): Html {
  const kept = breaches === 0 ? html`<td class="fine">yes</td>` : html`<td class="warn">no</td>`;
  return html`<tr>
    <th scope="row">${rule}</th>
    <td class="number">${amount(breaches)}</td>
    ${kept}
  </tr> `;
}
