import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterEach } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    if ("closeAllConnections" in server) (server as ReturnType<typeof createServer>).closeAllConnections();
  }
});

/** A web server of one test's own; resolves with its address. */
export async function webServer(answer: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listening(createServer(answer))}`;
}

export async function tcpServer(): Promise<number> {
  return listening(createTcpServer((socket) => socket.end()));
}

export async function tlsServer({ key, certificate }: { key: string; certificate: string }): Promise<number> {
  return listening(createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => socket.end()));
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listening(server);
  open.splice(open.indexOf(server), 1);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A certificate for localhost that ends in so many days, made by openssl(1). */
export function makeCertificate(days: number): { key: string; certificate: string } {
  const folder = temporaryFolder();
  const files = { key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem") };
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost"];
  execFileSync("openssl", ["req", "-x509", ...curve, "-days", String(days), "-keyout", files.key, "-out", files.certificate], {
    stdio: "ignore",
  });
  return files;
}

async function listening(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
