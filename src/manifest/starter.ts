/** What `jobctl init` writes: every part that most manifests need, explained, and one job that works at once. */
export function starterManifest(schemaPath: string): string {
  return `# yaml-language-server: $schema=${schemaPath}
# What runs here, and when. "jobctl validate" checks this file, "jobctl list" shows it, "jobctl run hello" runs its job.
version: 1

# The zone of every schedule below that names none.
timezone: UTC

# Variables for \${NAME} in this file and for the jobs. Without it they come from the environment alone.
# envFile: .env

# The database and mail server of module jobs.
# database: \${DATABASE_URL:-sqlite:var/app.db}
# mail: \${SMTP_URL:-file:var/outbox}

# What every job below has unless it says otherwise.
defaults:
  timeout: 30m

jobs:
  hello:
    description: Shows that everything is in place
    category: monitoring
    # An argument list; no shell is between. For a shell's text write shell: instead of command:.
    command: [echo, "hello from jobctl"]
    # Five cron fields, @daily, "every 15m" or "at 2027-01-31T03:00". Without a schedule the job runs by hand only.
    schedule: "0 3 * * *"

  # nightly-dump:
  #   description: Dumps the database
  #   command: [pg_dump, -Fc, -f, /backup/app.dump, app]
  #   schedule: { expression: "30 1 * * *", timezone: Europe/Berlin }
  #   timeout: 2h
  #   resources: { maxMemory: 1GB, minFree: 5GB }

  # "jobctl new purge-carts" writes a job in TypeScript, with its test, and adds it here.
`;
}
