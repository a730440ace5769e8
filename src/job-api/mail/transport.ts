import { randomUUID } from "node:crypto";
import { access, constants, mkdir, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import type { MailServer, SmtpWay } from "./mail-url.ts";

/** The way a composed message leaves. Rejects with an error that `readTrouble` reads. */
export interface Transport {
  deliver(message: SendMailOptions, signal: AbortSignal): Promise<void>;
  /** Rejects where no mail could be delivered now. Changes nothing. */
  verify(): Promise<void>;
  close(): void;
}

export function openTransport(server: MailServer): Transport {
  const { way } = server;
  switch (way.kind) {
    case "smtp":
      return smtpTransport(way, server);
    case "sendmail":
      return sendmailTransport(way.path);
    case "file":
      return fileTransport(way.folder);
    default:
      return way satisfies never;
  }
}

/** One connection for all mails of the run. A mail whose connection breaks is not sent again by the library: we know the rules for that. */
function smtpTransport({ host, port, secure, requireTls, rejectUnauthorized, auth }: SmtpWay, server: MailServer): Transport {
  const { connectionTimeout, socketTimeout } = server;
  const mailer = createTransport({
    pool: true,
    maxConnections: 1,
    maxRequeues: 0,
    host,
    port,
    secure,
    requireTLS: requireTls,
    tls: { rejectUnauthorized },
    ...(auth ? { auth } : {}),
    connectionTimeout,
    greetingTimeout: connectionTimeout,
    dnsTimeout: connectionTimeout,
    socketTimeout,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    deliver: async (message, signal) => void (await mailer.sendMail({ ...message, signal })),
    verify: async () => void (await mailer.verify()),
    close: () => mailer.close(),
  };
}

function sendmailTransport(path: string): Transport {
  const mailer = createTransport({ sendmail: true, path, newline: "unix", disableFileAccess: true, disableUrlAccess: true });
  return {
    // The library can't stop a sendmail that hangs; it is left to its own end then, and to the run's.
    deliver: (message, signal) => Promise.race([mailer.sendMail(message).then(() => {}), aborted(signal)]),
    verify: () => access(path, constants.X_OK),
    close: () => mailer.close(),
  };
}

async function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(Object.assign(new Error("sendmail did not end in time"), { code: "ETIMEDOUT" }));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Each mail becomes one `.eml` file (RFC 5322), which mail programs open. Its name is made from the Message-ID: a mail
 * that is sent again after a crash takes the place of the first.
 */
function fileTransport(folder: string): Transport {
  const composer = createTransport({
    streamTransport: true,
    buffer: true,
    newline: "windows",
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async deliver(message) {
      const { message: bytes } = await composer.sendMail(message);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(join(folder, `${fileName(String(message.messageId))}.eml`), bytes as Buffer);
    },
    verify: () => writable(folder),
    close: () => composer.close(),
  };
}

function fileName(messageId: string): string {
  return messageId.replaceAll(/^<|@.*$/g, "").replaceAll(/[^\w.-]/g, "_");
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.new`;
  const file = await open(unfinished, "wx", 0o600);
  await file.writeFile(bytes);
  await file.sync();
  await file.close();
  await rename(unfinished, path);
}

/** The folder is made when the first mail comes: until then its nearest parent must be writable. */
async function writable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(folder) === folder) throw error;
    await writable(dirname(folder));
  }
}
