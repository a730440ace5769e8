import { createServer, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface ReceivedMail {
  from: string;
  to: string[];
  /** As it came over the wire. */
  raw: string;
  /** The same with quoted-printable (RFC 2045, 6.7) undone. */
  readable: string;
  messageId: string;
  subject: string;
}

export interface MailServer {
  port: number;
  /** Without user, and with time-outs that no busy machine reaches; the options of `more` come first. */
  url(more?: string): string;
  mails: ReceivedMail[];
  /** How many connections came. */
  connections(): number;
  /** How many mails came over TLS. */
  secure(): number;
  /** Breaks every connection off, as a server that dies. */
  drop(): void;
  close(): Promise<void>;
}

export interface SmtpScript {
  /** The answer to RCPT: undefined takes the recipient. `asked` counts from 1. */
  recipient?(address: string, asked: number): { code: number; text: string } | undefined;
  /** Called when a message is there, before the server's 250; one that never resolves stalls. */
  beforeAnswer?(mail: ReceivedMail): Promise<void> | void;
  login?: { user: string; pass: string };
  /** From the first byte, or offered by STARTTLS; with a certificate that nobody trusts. Without it there is none. */
  tls?: "whole" | "offered";
}

/** A real SMTP server on a free port of the loopback interface. */
export async function startSmtp(script: SmtpScript = {}): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const counts = { asked: 0, connections: 0, secure: 0 };
  const options: SMTPServerOptions = {
    disabledCommands: [...(script.tls === "offered" ? [] : ["STARTTLS"]), ...(script.login ? [] : ["AUTH"])],
    secure: script.tls === "whole",
    logger: false,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 100,
    onConnect(_, done) {
      counts.connections += 1;
      done();
    },
    onAuth({ username, password }, _, done) {
      const right = username === script.login?.user && password === script.login?.pass;
      // A server that is so unkind as to echo the password.
      if (right) done(null, { user: username ?? "" });
      else done(Object.assign(new Error(`no login with ${password}`), { responseCode: 535 }));
    },
    onMailFrom(_, { secure }, done) {
      counts.secure += Number(secure);
      done();
    },
    onRcptTo({ address }, _, done) {
      counts.asked += 1;
      const answer = script.recipient?.(address, counts.asked);
      done(answer ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null);
    },
    onData(stream, { envelope }, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const mail = readMail(Buffer.concat(chunks).toString(), envelope as Envelope);
        void Promise.resolve(script.beforeAnswer?.(mail)).then(() => {
          mails.push(mail);
          done();
        });
      });
    },
  };
  const server = new SMTPServer(options);
  const sockets = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => sockets.add(socket));
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.server.address() as { port: number };
  return {
    port,
    url: (more) => smtpUrl(port, more),
    mails,
    connections: () => counts.connections,
    secure: () => counts.secure,
    drop: () => sockets.forEach((socket) => socket.destroy()),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export function smtpUrl(port: number, more = ""): string {
  return `smtp://127.0.0.1:${port}?from=jobs@example.com${more}&retryPause=20ms&connectionTimeout=50s&socketTimeout=50s`;
}

interface Envelope {
  mailFrom: { address: string };
  rcptTo: { address: string }[];
}

function readMail(raw: string, { mailFrom, rcptTo }: Envelope): ReceivedMail {
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, "im").exec(raw)?.[1]?.trim() ?? "";
  const bytes = raw.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return {
    readable: Buffer.from(bytes, "latin1").toString(),
    from: mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    raw,
    messageId: header("Message-ID"),
    subject: header("Subject"),
  };
}

/** A server that speaks a script of its own on each connection. */
export async function startRaw(
  talk: (socket: Socket, connection: number) => void,
): Promise<{ port: number; connections(): number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const counts = { connections: 0 };
  const server: Server = createServer((socket) => {
    counts.connections += 1;
    sockets.add(socket.on("error", () => {}));
    talk(socket, counts.connections);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    port,
    connections: () => counts.connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
