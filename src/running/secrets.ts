import { isAbsolute, join } from "node:path";
import { isJobctlError, JobctlError } from "../errors.ts";
import type { Job } from "../job.ts";
import { readTrusted } from "../system/trusted-file.ts";
import { SHORTEST_SECRET } from "./redact.ts";

export interface SecretSources {
  /** Where relative paths start. */
  folder: string;
  /** An environment variable's value. */
  env(name: string): string | undefined;
  /** Who reads a secret's file; root only one that root alone can change. */
  uid: number;
}

/** The values of the job's `secrets:`, by name. One newline at the end of a file is not part of the value. */
export function readSecrets(job: Job, sources: SecretSources): Record<string, string> {
  return Object.fromEntries(
    Object.entries(job.secrets).map(([name, reference]) => {
      const place = `${job.place}: jobs.${job.name}.secrets.${name}`;
      const value = readSecret(reference, place, sources);
      if (Buffer.byteLength(value) < SHORTEST_SECRET) {
        throw new JobctlError(
          "config",
          `${place}: the value is shorter than ${SHORTEST_SECRET} bytes and could not be hidden in output; use a longer one`,
        );
      }
      return [name, value];
    }),
  );
}

function readSecret(reference: string, place: string, { folder, env, uid }: SecretSources): string {
  const colon = reference.indexOf(":");
  const [kind, name] = [reference.slice(0, colon), reference.slice(colon + 1)];
  if (kind === "env") {
    const value = env(name);
    if (value === undefined) throw new JobctlError("config", `${place}: the environment variable ${name} is not set`);
    return value;
  }
  const path = kind === "credential" ? credentialPath(name, place, env) : isAbsolute(name) ? name : join(folder, name);
  try {
    return readTrusted(path, uid)
      .bytes.toString("utf8")
      .replace(/\r?\n$/, "");
  } catch (error) {
    if (!isJobctlError(error)) throw error;
    throw new JobctlError("config", `${place}: ${error.message}`, error);
  }
}

/** systemd puts LoadCredential= files there (systemd.exec(5)). */
function credentialPath(name: string, place: string, env: SecretSources["env"]): string {
  const folder = env("CREDENTIALS_DIRECTORY");
  if (!folder)
    throw new JobctlError(
      "config",
      `${place}: credential "${name}" is there only in a unit with LoadCredential=${name}:...; by hand set CREDENTIALS_DIRECTORY`,
    );
  return join(folder, name);
}
