import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { connect } from "node:tls";
import { utcDay } from "jobctl";
import type { CheckOf } from "./checks.ts";
import { type ProbeContext, timeLeft, type Verdict } from "./verdict.ts";

/** When a certificate ends. Whether it is trusted is what an http check of the same host says. */
export async function checkCertificate(check: CheckOf<"certificate">, context: ProbeContext): Promise<Verdict> {
  const certificate =
    check.file === undefined
      ? await shown(check, context.signal)
      : new X509Certificate(await readFile(resolve(context.folder, check.file)));
  const from = new Date(certificate.validFrom);
  if (from > context.now) return { status: "down", detail: `it only begins on ${utcDay(from)}` };
  return timeLeft(new Date(certificate.validTo), context.now, check);
}

async function shown({ host, port }: CheckOf<"certificate">, signal: AbortSignal): Promise<X509Certificate> {
  if (host === undefined) throw new Error("a certificate check needs `host` or `file`");
  return new Promise((found, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) });
    signal.addEventListener("abort", () => socket.destroy(), { once: true });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate) found(certificate);
      else reject(new Error("the host showed no certificate"));
    });
  });
}
