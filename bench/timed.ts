import { spawnSync } from "node:child_process";

/** A shell command line that is timed; `exit` is the code that it must end with (0). */
export interface Contestant {
  name: string;
  script: string;
  exit?: number;
}

/** Milliseconds of one call. CPU is user and system time of the whole process tree. */
export interface Sample {
  cpu: number;
  wall: number;
}

/**
 * Times a contestant with bash's own `time`, which counts every descendant that was waited for, to the millisecond; over
 * several calls, so that the millisecond does not matter. What bash adds for its fork is the same for every contestant.
 */
export function timed({ name, script, exit = 0 }: Contestant, repeat: number, env: NodeJS.ProcessEnv): Sample {
  const loop = `for ((call = 0; call < ${repeat}; call++)); do ${script}; code=$?; ((code == ${exit})) || { echo "exit code $code" >&3; exit 9; }; done`;
  const { status, output } = spawnSync("bash", ["-c", `TIMEFORMAT="%3R %3U %3S"; { time { ${loop}; } > /dev/null 2>&1; } 2>&4`], {
    env,
    stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${name}: ${script}: ${output[3]?.trim() || `bash ended with ${status}`}`);
  const [real = 0, user = 0, system = 0] = (output[4] ?? "").trim().split(" ").map(Number);
  return { wall: (real * 1000) / repeat, cpu: ((user + system) * 1000) / repeat };
}

/** A word for bash. */
export function quote(word: string): string {
  return /^[\w./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
