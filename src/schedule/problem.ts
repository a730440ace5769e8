/** What is wrong with a text: a sentence without the place, which the caller knows. */
export interface Problem {
  problem: string;
}

export function isProblem(value: object): value is Problem {
  return "problem" in value;
}
