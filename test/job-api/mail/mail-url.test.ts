import { describe, expect, it } from "vitest";
import { parseMailUrl } from "../../../src/job-api/mail/mail-url.ts";

const SMTP = {
  kind: "smtp",
  host: "mx.example.com",
  port: 587,
  secure: false,
  requireTls: false,
  rejectUnauthorized: true,
  auth: undefined,
};

describe("the mail URL", () => {
  it.each([
    ["smtp://mx.example.com", SMTP],
    ["smtp://mx.example.com:25/", { ...SMTP, port: 25 }],
    ["smtp://mx.example.com?requireTls=true", { ...SMTP, requireTls: true }],
    ["smtps://mx.example.com?rejectUnauthorized=false", { ...SMTP, port: 465, secure: true, rejectUnauthorized: false }],
    ["smtp://jobs:secret@mx.example.com?requireTls=false", { ...SMTP, auth: { user: "jobs", pass: "secret" } }],
    ["smtp://jobs:secret@localhost", { ...SMTP, host: "localhost", auth: { user: "jobs", pass: "secret" } }],
    ["smtp://jobs%40x:a%2Fb%3F@mx.example.com", { ...SMTP, requireTls: true, auth: { user: "jobs@x", pass: "a/b?" } }],
    ["smtp://[::1]:2525", { ...SMTP, host: "::1", port: 2525 }],
    ["sendmail:", { kind: "sendmail", path: "/usr/sbin/sendmail" }],
    ["sendmail:/opt/msmtp", { kind: "sendmail", path: "/opt/msmtp" }],
    ["file:/srv/var/outbox", { kind: "file", folder: "/srv/var/outbox" }],
  ])("reads %s", (url, way) => {
    expect(parseMailUrl(url).way).toEqual(way);
  });

  it("reads its options", () => {
    const url = "smtp://x?from=Acme <no-reply@acme.example>&tries=5&retryPause=1m&connectionTimeout=5s&socketTimeout=15s";
    expect(parseMailUrl(url)).toMatchObject({
      from: { name: "Acme", address: "no-reply@acme.example" },
      idDomain: "acme.example",
      tries: 5,
      retryPause: 60_000,
      connectionTimeout: 5000,
      socketTimeout: 15_000,
    });
  });

  it.each([
    [
      "imap://x",
      'mail: "imap:" is none of the ways jobctl knows; write smtp://USER:PASSWORD@HOST:PORT, smtps://..., sendmail:, sendmail:/PATH or file:FOLDER',
    ],
    [
      "mx.example.com",
      "mail: this is none of the ways jobctl knows; write smtp://USER:PASSWORD@HOST:PORT, smtps://..., sendmail:, sendmail:/PATH or file:FOLDER",
    ],
    [
      "smtp://u:pass word@:x",
      "mail: this is no address of a mail server; write smtp://USER:PASSWORD@HOST:PORT with special characters as %XX",
    ],
    ["smtp://u:100%@mx", "mail: the user or password holds a % that begins no %XX; write it as %25"],
    ["smtp://u:12?a=b&c@mx", "mail: what follows the first ? is no list of options; write a ? in the user or password as %3F"],
    ["smtp://mx?fro=x", 'mail: there is no option "fro"; did you mean "from"?'],
    [
      "smtp://mx?tries=0&retryPause=soon",
      'mail: tries: "0" is not a whole number from 1 to 20\nmail: retryPause: "soon" is not a duration such as 90s, 15m, 2h, 30d, or a number of milliseconds',
    ],
    ["smtp://mx?from=me", 'mail: from: "me" is no mail address; write no-reply@example.com or Example <no-reply@example.com>'],
    ["smtp://mx?requireTls=1", 'mail: requireTls: "1" is not true or false'],
  ])("refuses %s", (url, message) => {
    expect(() => parseMailUrl(url)).toThrow(expect.objectContaining({ code: "config", message }));
  });
});
