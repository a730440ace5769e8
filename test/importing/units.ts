import type { Json } from "../../src/job.ts";

interface UnitCase {
  name: string;
  timer: string;
  service: string;
  entry: Record<string, Json>;
  problems?: string[];
}

const ONESHOT = "[Service]\nType=oneshot\n";

/** Timers and services as they are found on real hosts. `description` and `cwd: /` are left out where the unit says nothing. */
export const UNITS: UnitCase[] = [
  {
    name: "backup",
    timer: "[Unit]\nDescription=Nightly backup\n[Timer]\nOnCalendar=*-*-* 01:30:00\nPersistent=true\n[Install]\nWantedBy=timers.target\n",
    service: `[Unit]\nDescription=Backup\n${ONESHOT}ExecStart=/usr/local/bin/backup --full "two words" 'x y'\nUser=backup\n`,
    entry: {
      description: "Backup",
      command: ["/usr/local/bin/backup", "--full", "two words", "x y"],
      security: { runAs: "backup" },
      schedule: { expression: "30 1 * * *" },
    },
  },
  {
    name: "certbot",
    timer: "[Timer]\nOnCalendar=*-*-* 00,12:00:00\nRandomizedDelaySec=43200\nPersistent=true\n",
    service: `${ONESHOT}ExecStart=/usr/bin/certbot -q renew\nPrivateTmp=true\n`,
    entry: { command: ["/usr/bin/certbot", "-q", "renew"], schedule: { expression: "0 0,12 * * *", jitter: "43199s" } },
  },
  {
    name: "fstrim",
    timer: "[Timer]\nOnCalendar=weekly\nAccuracySec=1h\nPersistent=true\nRandomizedDelaySec=100min\n",
    service: `${ONESHOT}ExecStart=/sbin/fstrim --listed-in /etc/fstab:/proc/self/mountinfo\nPrivateNetwork=yes\nProtectKernelTunables=yes\n`,
    entry: {
      command: ["/sbin/fstrim", "--listed-in", "/etc/fstab:/proc/self/mountinfo"],
      network: false,
      schedule: { expression: "0 0 * * 1", jitter: "100m" },
    },
  },
  {
    name: "apt-daily",
    timer: "[Timer]\nOnCalendar=*-*-* 6,18:00\nRandomizedDelaySec=12h\nPersistent=true\n",
    service: `${ONESHOT}ExecStartPre=-/usr/lib/apt/apt-helper wait-online\nExecStart=/usr/lib/apt/apt.systemd.daily update\n`,
    entry: {
      shell: "{ /usr/lib/apt/apt-helper wait-online || true; } &&\n/usr/lib/apt/apt.systemd.daily update",
      schedule: { expression: "0 6,18 * * *", jitter: "43199s" },
    },
  },
  {
    name: "tmpfiles",
    timer: "[Timer]\nOnBootSec=15min\nOnUnitActiveSec=1d\n",
    service: `${ONESHOT}ExecStart=systemd-tmpfiles --clean\nSuccessExitStatus=DATAERR 65 73\nIOSchedulingClass=idle\n`,
    entry: {
      command: ["ionice", "-c", "idle", "systemd-tmpfiles", "--clean"],
      exitCodes: { 65: "ok", 73: "ok" },
      schedule: { expression: "every 1d", catchUp: "none" },
    },
    problems: ["OnBootSec=15min: a manifest has no schedule that counts from the start of the machine or of the timer"],
  },
  {
    name: "poll",
    timer: "[Timer]\nOnActiveSec=0\nOnUnitInactiveSec=90s\nAccuracySec=1s\n",
    service: "[Service]\nExecStart=/opt/poll\nRuntimeMaxSec=5min\n",
    entry: { command: ["/opt/poll"], timeout: "5m", schedule: { expression: "every 90s", catchUp: "none" } },
    problems: ["OnActiveSec=0: a manifest has no schedule that counts from the start of the machine or of the timer"],
  },
  {
    name: "warm",
    timer: "[Timer]\nOnBootSec=5min\n",
    service: `${ONESHOT}ExecStart=/opt/warm\n`,
    entry: { command: ["/opt/warm"] },
    problems: ["OnBootSec=5min: a manifest has no schedule that counts from the start of the machine or of the timer"],
  },
  {
    name: "env",
    timer: "[Timer]\nOnCalendar=Mon..Fri 09:00 Europe/Berlin\n",
    service: `${ONESHOT}Environment=A=1 "B=two words"\nEnvironment='C=\${X}'\nEnvironmentFile=/etc/default/env\nWorkingDirectory=/srv/app\nExecStart=/opt/run \${A} $B x$A $$HOME 100%%\n`,
    entry: {
      shell: "set -f\n/opt/run \"${A}\" $B 'x$A' '$HOME' 100%",
      cwd: "/srv/app",
      env: { A: "1", B: "two words", C: "$${X}" },
      envFile: "/etc/default/env",
      schedule: { expression: "0 9 * * 1-5", timezone: "Europe/Berlin", catchUp: "none" },
    },
  },
  {
    name: "limits",
    timer: "[Timer]\nOnCalendar=*:0/5\n",
    service: `${ONESHOT}ExecStart=/opt/x\nTimeoutStartSec=2min 30s\nTimeoutStopSec=20\nMemoryMax=512M\nTasksMax=64\nLimitCPU=10min\nKillMode=process\nNice=10\n`,
    entry: {
      command: ["nice", "-n", "10", "/opt/x"],
      timeout: "150s",
      killAfter: "20s",
      leftovers: "keep",
      resources: { maxMemory: "512MB", maxCpuTime: "10m", maxProcesses: 64 },
      schedule: { expression: "*/5 * * * *", catchUp: "none" },
    },
  },
  {
    name: "or-rule",
    timer: "[Timer]\nOnCalendar=*-*-13 00:00:00\nOnCalendar=Fri *-*-* 00:00:00\n",
    service: `${ONESHOT}ExecStart=/opt/x\n`,
    entry: { command: ["/opt/x"], schedule: { expression: "0 0 13 * 5", catchUp: "none" } },
  },
  {
    name: "two-times",
    timer: "[Timer]\nOnCalendar=Mon 09:00\nOnCalendar=Tue 10:00\n",
    service: `${ONESHOT}ExecStart=/opt/x\n`,
    entry: { command: ["/opt/x"], enabled: false },
    problems: [
      'OnCalendar=Mon 09:00, OnCalendar=Tue 10:00 was left out: its OnCalendar lines are no one schedule: Mon 09:00 is "0 9 * * 1", Tue 10:00 is "0 10 * * 2"',
    ],
  },
  {
    name: "drop-in",
    timer: "[Timer]\nOnCalendar=daily\n\n# /etc/systemd/system/drop-in.timer.d/override.conf\n[Timer]\nOnCalendar=\nOnCalendar=04:15\n",
    service: `${ONESHOT}ExecStart=/opt/old\n[Service]\nExecStart=\nExecStart=/opt/new \\\n  --long \\\n  # a comment between\n  line\n`,
    entry: { command: ["/opt/new", "--long", "line"], schedule: { expression: "15 4 * * *", catchUp: "none" } },
  },
  {
    name: "once",
    timer: "[Timer]\nOnCalendar=2031-01-02 03:04:05 UTC\n",
    service: `${ONESHOT}ExecStart=/opt/x\n`,
    entry: { command: ["/opt/x"], schedule: { expression: "at 2031-01-02T03:04:05", timezone: "UTC" } },
  },
  {
    name: "dump@db",
    timer: "[Timer]\nOnCalendar=*-*-* 02:00\n",
    service: `[Unit]\nDescription=Dump %i\n${ONESHOT}ExecStart=/opt/dump --cluster=%i "it's" C:\\\\x\nExecStart=/opt/prune %p\n`,
    entry: {
      description: "Dump db",
      shell: "/opt/dump --cluster=db 'it'\\''s' 'C:\\x' &&\n/opt/prune dump",
      schedule: { expression: "0 2 * * *", catchUp: "none" },
    },
  },
  {
    name: "daemon",
    timer: "[Timer]\nOnCalendar=hourly\n",
    service: "[Service]\nType=forking\nExecStart=+/opt/daemon\nRestart=on-failure\nExecStopPost=/opt/clean\n",
    entry: { command: ["/opt/daemon"], schedule: { expression: "0 * * * *", catchUp: "none" } },
    problems: [
      "a command begins with @, + or !, which change its name or its privileges; here it runs like the others",
      "Type=forking: jobctl waits for the command itself, which goes to the background: start it in the foreground",
      "Restart=on-failure: retry: {maxRetries, ...} tries again, with an end to it",
      "ExecStopPost=/opt/clean was left out",
    ],
  },
  {
    name: "shell",
    timer: "[Timer]\nOnCalendar=Sun *-*-1..7 03:30\n",
    service: `${ONESHOT}ExecStart=/bin/sh -c "cd /srv && ./a > log; ./b"\nReadWritePaths=-/srv /var/lib/x\nUser=root\n`,
    entry: {
      command: ["/bin/sh", "-c", "cd /srv && ./a > log; ./b"],
      paths: ["/srv", "/var/lib/x"],
      schedule: { expression: "30 3 * * 0#1", catchUp: "none" },
    },
  },
];
