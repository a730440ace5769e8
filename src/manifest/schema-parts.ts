import * as v from "valibot";

/** A map with known fields. objectWithRest tells of every unknown one; strictObject, whose type this is, only of the first. */
export function map<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, "a map"> {
  // Without a prototype: a field `toString` is as unknown as any.
  const own = Object.assign(Object.create(null) as object, entries);
  return noList(v.objectWithRest(own, v.never(), "a map")) as unknown as v.StrictObjectSchema<Entries, "a map">;
}

/** A map whose names have a form. */
export function mapOf<Value extends v.GenericSchema>(key: RegExp, keyForm: string, value: Value) {
  return noList(v.record(v.pipe(v.string(keyForm), v.regex(key, keyForm)), value, "a map"));
}

/** A map with names and values that are not ours to know. */
export function freeMap() {
  return noList(v.record(v.string(), v.any(), "a map"));
}

/** To valibot a list is an object too; to JSON Schema and to people it is none. */
function noList<Schema extends v.GenericSchema>(schema: Schema): Schema {
  const run = schema["~run"].bind(schema);
  return Object.assign(schema, {
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) => {
      if (!Array.isArray(dataset.value)) return run(dataset, config);
      // oxlint-disable-next-line no-underscore-dangle
      v._addIssue(schema as never, "type", dataset as never, config as never);
      return dataset;
    },
  });
}
