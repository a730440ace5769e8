export type { Json } from "../job.ts";
