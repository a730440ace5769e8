/** What can pull the trigger. */
export const TARGET_KINDS = ["systemd", "crontab", "cron.d"] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];
