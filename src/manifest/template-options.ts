import type { Json } from "../job.ts";
import type { Source } from "./read-source.ts";
import { manifestSchemas } from "./schema.ts";
import { type Caller, environmentName, envFileVariables, manifestScope, scopeOf } from "./scope.ts";
import type { TemplateOptions } from "./typed-templates.ts";

/** How templates are read: a job's own envFile, then the manifest's, then the process. Files are read only when a template asks. */
export function templateOptions(path: string, main: Source, { env, uid }: Caller): (value: Json, isMain: boolean) => TemplateOptions {
  const schemas = manifestSchemas({ templates: false });
  const envFile = textAt(main.value, "envFile");
  const manifest = { path, ...(envFile === undefined ? {} : { envFile }) };
  const shared = once(() => manifestScope(manifest, { env, uid }));
  return (value, isMain) => ({
    schema: isMain ? schemas.manifest : schemas.included,
    scopeAt: ([top, job]) => {
      const own = top === "jobs" ? textAt(fieldAt(fieldAt(value, "jobs"), String(job)), "envFile") : undefined;
      if (own === undefined) return shared();
      const variables = envFileVariables(manifest, own, shared(), uid);
      return (name) => scopeOf({}, variables)(name) ?? shared()(name);
    },
    isIdle: (at) => at[0] === "jobs" && at[2] === "environments" && at[3] !== environmentName(shared()),
  });
}

function once<Result>(make: () => Result): () => Result {
  const made: Result[] = [];
  return () => (made[0] ??= make());
}

function fieldAt(value: Json | undefined, key: string): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function textAt(value: Json | undefined, key: string): string | undefined {
  const text = fieldAt(value, key);
  return typeof text === "string" ? text : undefined;
}
