import type { Job } from "../job.ts";
export const refusals = (_job: Job): string[] => [];
