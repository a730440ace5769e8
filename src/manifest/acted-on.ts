import type { Job, Manifest } from "../job.ts";

/** A field that is read and checked, and that nothing acts on yet. */
export interface IdleField {
  field: string;
  /** What it waits for. */
  waitsFor: "alerts" | "cluster scope";
  /** Whether it would change if or how a run happens: then `run` refuses the job rather than ignore the field. */
  matters: boolean;
}

interface Rule extends IdleField {
  isSet: (job: Job) => boolean;
}

/** Everything that is not acted on yet. */
const RULES: readonly Rule[] = [
  { field: "scope", waitsFor: "cluster scope", matters: true, isSet: (job) => job.scope === "cluster" },
  {
    field: "monitoring.successThreshold",
    waitsFor: "alerts",
    matters: false,
    isSet: (job) => job.monitoring.successThreshold !== undefined,
  },
  {
    field: "monitoring.performanceThreshold",
    waitsFor: "alerts",
    matters: false,
    isSet: (job) => job.monitoring.performanceThreshold !== undefined,
  },
  { field: "monitoring.expectWithin", waitsFor: "alerts", matters: false, isSet: (job) => job.monitoring.expectWithin !== undefined },
  { field: "alerts", waitsFor: "alerts", matters: false, isSet: (job) => job.alerts !== undefined },
];

/** The job's fields that are set and that nothing acts on yet. */
export function idleFields(job: Job): IdleField[] {
  return RULES.filter(({ isSet }) => isSet(job)).map(({ field, waitsFor, matters }) => ({ field, waitsFor, matters }));
}

/** The same for the manifest's own fields. */
export function idleManifestFields(manifest: Manifest): IdleField[] {
  const fields: (IdleField & { set: boolean })[] = [
    { field: "history", waitsFor: "cluster scope", matters: false, set: manifest.history !== undefined },
    { field: "channels", waitsFor: "alerts", matters: false, set: manifest.channels !== undefined },
  ];
  return fields.filter(({ set }) => set).map(({ set: _set, ...field }) => field);
}

/** The fields for which `run` refuses this job (78): acting as if they were not there would change if or how it runs. */
export function refusals(job: Job, manifest?: Manifest): string[] {
  return [...idleFields(job), ...(manifest ? idleManifestFields(manifest) : [])].filter(({ matters }) => matters).map(({ field }) => field);
}
