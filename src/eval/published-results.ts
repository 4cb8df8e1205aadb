// Published results to lay ours beside: facts with their source. Shares from 0 to 1.

/** Where the figures stand. */
export const PUBLISHED_SOURCE = {
  text: "Huang et al., Reverse Preference Optimization for Complex Instruction Following, Findings of ACL 2025, table 1",
  url: "https://aclanthology.org/2025.findings-acl.1064/",
} as const;

export const PUBLISHED_METHODS = ["base", "SFT", "DPO", "KTO", "RPO"] as const;
export type PublishedMethod = (typeof PUBLISHED_METHODS)[number];

export interface PublishedResult {
  readonly model: string;
  readonly method: PublishedMethod;
  readonly value: number;
}

/** Per cent: the average of CSR, ISR and SSR, and that of Multi-IF's steps 1 to 3, by method; models that were only measured have one. */
const TABLE: Readonly<Record<string, readonly (readonly [sysbench: number, multiIf: number])[]>> = {
  "Llama-3.1-8B-Instruct": [
    [52.12, 66.56],
    [56.42, 63.16],
    [62.53, 66.66],
    [63.26, 68.83],
    [67.12, 69.18],
  ],
  "Llama-3.1-70B-Instruct": [
    [63.87, 75.57],
    [60.96, 73.47],
    [70.64, 75.92],
    [68.99, 75.64],
    [77.83, 78.15],
  ],
  "Qwen-2.5-7B-Instruct": [
    [53.59, 63.2],
    [51.07, 60.0],
    [59.49, 63.11],
    [59.96, 63.5],
    [63.06, 66.27],
  ],
  "Qwen-2.5-72B-Instruct": [
    [66.64, 75.15],
    [70.06, 74.35],
    [75.84, 76.1],
    [74.23, 70.32],
    [76.97, 78.35],
  ],
  "GPT-4o": [[77.65, 76.34]],
  "Claude-3.5 Sonnet": [[86.23, 76.18]],
};

const COLUMN: Readonly<Record<string, 0 | 1>> = { sysbench: 0, multi_if: 1 };

/** Published averages of a benchmark; none of those that the paper does not report. */
export function publishedResults(benchmark: string): PublishedResult[] {
  const column = COLUMN[benchmark];
  if (column === undefined) return [];
  return Object.entries(TABLE).flatMap(([model, byMethod]) =>
    byMethod.map((figures, index) => ({
      model,
      method: PUBLISHED_METHODS[index]!,
      value: Number((figures[column] / 100).toFixed(4)),
    })),
  );
}
