// A row of a data set as the texts that a method trains on: preference pairs for rpo and dpo, single completions for kto and
// sft, and for sft the chosen half of a pair too. Checks only what training needs, so that rows from elsewhere, without a
// provenance, can be trained on. Ignores tokens.
import { z } from "zod";
import { fieldPath } from "../dataset/input-error.ts";
import type { Method } from "../preference/training-row.ts";
import type { Message } from "../profile/message.ts";

/** A prompt with the texts that are trained towards or away from. */
export interface RowTexts {
  /** At least one message. */
  readonly prompt: readonly Message[];
  /** Two for a pair, chosen before rejected; one for KTO and SFT. */
  readonly completions: readonly string[];
  /** The fields in which the completions stood, for messages. */
  readonly fields: readonly string[];
  /** g of an RPO pair; 0 for the other methods. */
  readonly margin: number;
  readonly desirable: boolean;
}

/** Why a row is left out. */
export const REFUSALS = {
  malformed: "not a training row",
  wrongKind: "a row for another method",
  badMargin: "a pair without a margin that RPO can use",
  templateRefuses: "a conversation that the model's chat template refuses",
  undesirable: "SFT: a completion that is not to be trained towards",
  emptyCompletion: "a completion without text",
  tooLong: "too long even without its history",
} as const;
export type RefusalKind = keyof typeof REFUSALS;

export interface Refusal {
  readonly kind: RefusalKind;
  /** Path of the field; "row" where the row as a whole is wrong. */
  readonly field: string;
  readonly reason: string;
}

const messages = z
  .array(z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() }))
  .min(1, "has no message");

const preference = z.object({ kind: z.literal("preference"), prompt: messages, chosen: z.string() });
const pair = preference.extend({ rejected: z.string(), margin: z.unknown().optional() });
const completion = z.object({
  kind: z.literal("completion"),
  prompt: messages,
  completion: z.string(),
  desirable: z.boolean("must be true or false"),
});

const KINDS: readonly unknown[] = ["preference", "completion"];

/** The texts of a parsed line, or why it has none for this method. */
export function rowTexts(value: unknown, method: Method): RowTexts | Refusal {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  if (!KINDS.includes(kind))
    return {
      kind: "malformed",
      field: "kind",
      reason: 'must be "preference" or "completion", as `rpo pairs` writes it',
    };
  switch (method) {
    case "rpo":
    case "dpo": {
      if (kind !== "preference") return wrongKind(method, "has one completion; a pair is needed");
      const parsed = pair.safeParse(value);
      if (!parsed.success) return malformed(parsed.error);
      const { prompt, chosen, rejected, margin } = parsed.data;
      const pairOf = (g: number): RowTexts => {
        return { prompt, completions: [chosen, rejected], fields: ["chosen", "rejected"], margin: g, desirable: true };
      };
      if (method === "dpo") return pairOf(0);
      if (typeof margin !== "number" || !Number.isSafeInteger(margin) || margin < 0) return badMargin(margin);
      return pairOf(margin);
    }
    case "kto": {
      if (kind !== "completion") return wrongKind(method, "is a preference pair; single completions are needed");
      const parsed = completion.safeParse(value);
      if (!parsed.success) return malformed(parsed.error);
      const { prompt, completion: text, desirable } = parsed.data;
      return { prompt, completions: [text], fields: ["completion"], margin: 0, desirable };
    }
    case "sft": {
      const isPair = kind === "preference";
      const parsed = isPair ? preference.safeParse(value) : completion.safeParse(value);
      if (!parsed.success) return malformed(parsed.error);
      const row = parsed.data;
      if (row.kind === "preference")
        return { prompt: row.prompt, completions: [row.chosen], fields: ["chosen"], margin: 0, desirable: true };
      if (!row.desirable)
        return { kind: "undesirable", field: "desirable", reason: "SFT trains on desirable rows only" };
      return { prompt: row.prompt, completions: [row.completion], fields: ["completion"], margin: 0, desirable: true };
    }
  }
}

/** Tells a row's texts from a refusal. */
export const isRefusal = (row: RowTexts | Refusal): row is Refusal => "reason" in row;

const wrongKind = (method: Method, what: string): Refusal => {
  const reason = `the row ${what}: make the data set with \`rpo pairs --method ${method}\`, or train by another method`;
  return { kind: "wrongKind", field: "kind", reason };
};

const badMargin = (margin: unknown): Refusal => {
  const found = margin === undefined ? "but is missing" : `not ${JSON.stringify(margin)}`;
  const reason = `must be a whole number of constraints, ${found}; \`--method dpo\` trains pairs without margins`;
  return { kind: "badMargin", field: "margin", reason };
};

function malformed(error: z.ZodError): Refusal {
  const issue = error.issues[0];
  return { kind: "malformed", field: fieldPath(issue?.path ?? []), reason: issue?.message ?? "not a training row" };
}
