import { describe, expect, it } from "vitest";
import { database, MAIL, mailer, raw, rows, smtp } from "../../helpers/mailer.ts";
import { smtpUrl } from "../../helpers/smtp.ts";

describe("a mail that is not delivered at once", () => {
  it("tries again on 4xx, and then sends once", async () => {
    const server = await smtp({ recipient: (_, asked) => (asked < 3 ? { code: 451, text: "greylisted" } : undefined) });
    expect(await mailer(server.url(), await database()).send(MAIL)).toBe("sent");
    expect(server.mails).toHaveLength(1);
  });

  it("leaves a mail that is not taken now to the next run", async () => {
    const data = await database();
    const server = await smtp({ recipient: (_, asked) => (asked < 4 ? { code: 451, text: "greylisted" } : undefined) });
    await expect(mailer(server.url(), data).send(MAIL)).rejects.toThrow(
      /^mail to ann@example.com: not taken now; the next run tries again: .*451.*greylisted$/,
    );
    expect(await rows(data)).toMatchObject([{ status: "queued", error_message: expect.stringContaining("451") }]);
    expect(await mailer(server.url(), data).send(MAIL)).toBe("sent");
  });

  it("tries once on 5xx, and never again, while other mails go out", async () => {
    const asked: string[] = [];
    const server = await smtp({
      recipient(address) {
        asked.push(address);
        return address === "gone@example.com" ? { code: 550, text: "no such user" } : undefined;
      },
    });
    const [data, gone] = [await database(), { ...MAIL, key: "gone", to: { address: "gone@example.com" } }];
    const sending = mailer(server.url(), data);
    await expect(sending.send(gone)).rejects.toThrow(/^mail to gone@example.com: refused for good: .*550.*no such user$/);
    await expect(sending.send(gone)).rejects.toThrow(/refused for good/);
    expect(await sending.send(MAIL)).toBe("sent");
    expect(asked).toEqual(["gone@example.com", "ann@example.com"]);
    expect((await rows(data))[0]).toMatchObject({ status: "failed" });
  });

  it("asks a server that is not there three times, and then no more in this run", async () => {
    const server = await raw((socket) => socket.destroy());
    const [data, sending] = [await database(), mailer(smtpUrl(server.port), await database())];
    expect(await sending.attempt(MAIL)).toMatchObject({ status: "unreachable" });
    const asked = server.connections();
    expect(asked).toBe(4);
    expect(await sending.attempt({ ...MAIL, key: "next" })).toMatchObject({ status: "unreachable" });
    expect(server.connections()).toBe(asked);
    await server.close();
    expect(await mailer(smtpUrl(server.port), data).attempt(MAIL)).toMatchObject({
      status: "unreachable",
      reason: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it("does not wait for ever for a server that stalls", async () => {
    const server = await raw((socket) => socket.write("220 here\r\n"));
    // This test's own time is less than the time that a server has when not told otherwise.
    const outcome = await mailer(smtpUrl(server.port, "&tries=1&socketTimeout=200ms"), await database()).attempt(MAIL);
    expect(outcome).toMatchObject({ status: "unreachable", reason: expect.stringMatching(/time/i) });
  });

  it("repeats a mail whose connection dies between the text and the answer, with the same Message-ID", async () => {
    const texts: string[] = [];
    const server = await smtp({
      beforeAnswer({ messageId }) {
        texts.push(messageId);
        if (texts.length === 1) server.drop();
      },
    });
    expect(await mailer(server.url(), await database()).send(MAIL)).toBe("sent");
    expect(texts).toHaveLength(2);
    expect(texts[0]).toBe(texts[1]);
  });

  it("blames the mail, not the server, where only this one breaks the connection", async () => {
    const server = await raw((socket) => {
      socket.write("220 here\r\n");
      socket.on("data", (bytes) => {
        const line = bytes.toString();
        if (/^(EHLO|HELO|MAIL|QUIT)/.test(line)) socket.write("250 fine\r\n");
        else socket.destroy();
      });
    });
    const sending = mailer(smtpUrl(server.port), await database());
    expect(await sending.attempt(MAIL)).toMatchObject({ status: "deferred", reason: "Connection closed unexpectedly" });
  });
});
