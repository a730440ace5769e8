import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, writeFileSync } from "node:fs";

/** What some tests need of the host beyond npm's packages: where it is, and Debian's package that brings it. */
const PROGRAMS = [
  { path: "/usr/lib/systemd/systemd", package: "systemd", for: "real units" },
  { path: "/usr/sbin/cron", package: "cron", for: "real crontabs" },
  { path: "/usr/lib/*/faketime/libfaketime.so.1", package: "faketime", for: "cron over a change of its clock" },
  { path: "/usr/bin/openssl", package: "openssl", for: "certificates that end soon" },
  { path: "/usr/bin/chromium", package: "chromium", for: "looking at the report" },
  { path: "/usr/lib/postgresql/*/bin/postgres", package: "postgresql", for: "a server that pg_dump can dump" },
] as const;

/** As root on Debian, installs what is missing, without starting any of it. Says aloud what is left out. */
export function installHostPrograms(): void {
  const missing = PROGRAMS.filter(({ path }) => globSync(path).length === 0);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return leaveOut(missing);
  try {
    keepServersDown();
    apt("update");
    apt("install", "-y", "--no-install-recommends", ...missing.map((program) => program.package));
  } catch (error) {
    console.warn(`apt-get failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  leaveOut(PROGRAMS.filter(({ path }) => globSync(path).length === 0));
}

function leaveOut(missing: readonly (typeof PROGRAMS)[number][]): void {
  for (const program of missing) console.warn(`LEFT OUT: ${program.for}; needs ${program.package} (run the tests as root, or install it)`);
}

/** postgresql-common makes and starts a server of its own unless it is told not to; RUNLEVEL=1 keeps invoke-rc.d from starting cron. */
function keepServersDown(): void {
  if (existsSync("/etc/postgresql-common/createcluster.conf")) return;
  mkdirSync("/etc/postgresql-common", { recursive: true });
  writeFileSync("/etc/postgresql-common/createcluster.conf", "create_main_cluster = false\n");
}

function apt(...args: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  execFileSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], { env, stdio: ["ignore", "ignore", "inherit"], timeout: 600_000 });
}
