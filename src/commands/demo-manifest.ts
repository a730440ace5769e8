import { dirname, join } from "node:path";

/** The first line of a manifest that the demo wrote, and may use again. */
export const DEMO_MARK = "# Made by `jobctl demo`.";

/** Paths start at the folder of the manifest. */
export function demoManifest(database: string, stateDir: string): string {
  return `${DEMO_MARK} Change it as you like; \`jobctl validate\` checks it.
version: 1
database: sqlite:${database}
# History, logs and locks lie beside the database: remove the folder, and the demo is gone.
stateDir: ${stateDir}

defaults:
  category: cleanup
  timeout: 10m

jobs:
  token-cleanup:
    description: Delete expired tokens of every kind
    priority: high
    tags: [tokens]
    uses: cleanup/delete-rows
    with: { table: auth_tokens, column: expires_at, olderThan: 0s }
    schedule: "0 3 * * *"

  session-cleanup:
    description: Delete sessions that have expired
    tags: [sessions]
    uses: cleanup/delete-rows
    with: { table: sessions, column: expires_at, olderThan: 0s }
    schedule: "0 */6 * * *"

  cleanup-invitations:
    description: Delete invitations that nobody answered for 30 days
    tags: [teams]
    uses: cleanup/delete-rows
    with: { table: invitations, column: created_at, olderThan: 30d, where: { accepted_at: null, declined_at: null } }
    schedule: "0 2 * * *"

  cleanup-push-tokens:
    description: Delete push tokens that no device has used for 90 days
    tags: [tokens]
    uses: cleanup/delete-rows
    with: { table: push_tokens, column: last_used_at, olderThan: 90d }
    schedule: "30 2 * * *"

  recalculate-karma:
    description: Recalculate the karma of all users
    category: analytics
    tags: [karma]
    uses: analytics/recalculate-karma
    schedule: "0 5 * * 0"

  daily-report:
    description: Report on the activity of yesterday, as a page to look at
    category: analytics
    tags: [reports]
    uses: reports/activity-report
    with: { period: daily, directory: ${join(dirname(database), "reports")} }
    schedule: "0 1 * * *"

  # A job can be any program.
  disk-space:
    description: Show how full the disk is
    category: monitoring
    command: [df, -h, .]
    schedule: every 15m
`;
}
