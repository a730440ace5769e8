import { toJsonSchema } from "@valibot/to-json-schema";
import { manifestSchemas } from "../../src/manifest/schema.ts";

/** The manifest's JSON Schema, made from the schema that the program checks with. */
export function manifestJsonSchema(): object {
  const { $schema, ...schema } = toJsonSchema(manifestSchemas({ templates: true }).manifest);
  return { $schema, title: "jobctl manifest", ...schema };
}

export function manifestJsonSchemaText(): string {
  return `${JSON.stringify(manifestJsonSchema(), null, 1)}\n`;
}
