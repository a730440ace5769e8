import { duration, integer, type KindValue, number, text } from "jobctl";

const usual = {
  timeout: duration({ default: "5s", description: "down when it has not answered within this time" }),
  degradedAfter: duration({ default: "1s", description: "degraded when it answers later than this" }),
};

/** The kinds of checks, each with its parameters. */
export const CHECKS = {
  http: {
    url: text({ description: "the address; redirections are not followed" }),
    status: integer({ min: 100, max: 599, default: 200, description: "the status that is well" }),
    match: text({ optional: true, description: "a regular expression that the body must match" }),
    ...usual,
  },
  tcp: {
    host: text({ description: "the host" }),
    port: integer({ min: 1, max: 65_535, description: "the port that must take a connection" }),
    ...usual,
  },
  database: { ...usual },
  disk: {
    path: text({ default: ".", description: "a path on the file system, from the manifest's folder" }),
    degradedAt: number({ min: 0, max: 100, default: 90, unit: "% used", description: "degraded from here on" }),
    downAt: number({ min: 0, max: 101, default: 97, unit: "% used", description: "down from here on" }),
    ...usual,
  },
  memory: {
    degradedAt: number({ min: 0, max: 100, default: 90, unit: "% used", description: "degraded from here on" }),
    downAt: number({ min: 0, max: 101, default: 97, unit: "% used", description: "down from here on" }),
    ...usual,
  },
  certificate: {
    host: text({ optional: true, description: "a host that shows its certificate by TLS; or give `file`" }),
    port: integer({ min: 1, max: 65_535, default: 443, description: "its port" }),
    file: text({ optional: true, description: "a certificate in PEM form, from the manifest's folder" }),
    degradedWithin: duration({ default: "30d", description: "degraded when it ends sooner than this" }),
    downWithin: duration({ default: "7d", description: "down when it ends sooner than this" }),
    ...usual,
  },
  systemd: {
    unit: text({ description: "a unit that must be active, such as nginx.service" }),
    ...usual,
  },
};

export type Check = KindValue<typeof CHECKS>;
export type CheckOf<Type extends Check["type"]> = Extract<Check, { type: Type }>;
