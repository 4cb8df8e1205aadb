// OpenAI's fine-tuning files: preference (DPO) examples, and supervised ones for SFT rows, after the guide "Direct
// preference optimization" and the schemas FineTunePreferenceRequestInput and FineTuneChatRequestInput of its API reference.
// The examples hold the documented fields and nothing else: what its validator does with others is not documented. So
// margin and provenance stand in a second file, line for line beside the first. There is no form for unpaired KTO rows.

import type { TrainingRow } from "../../preference/training-row.ts";
import type { Message } from "../../profile/message.ts";
import {
  type CompletionProvenance,
  completionProvenance,
  type PairProvenance,
  pairProvenance,
} from "./provenance-record.ts";

/** An example of preference fine-tuning: each output is one assistant message. */
export interface OpenaiPreference {
  readonly input: {
    readonly messages: readonly Message[];
    readonly tools: readonly never[];
    readonly parallel_tool_calls: true;
  };
  readonly preferred_output: readonly Message[];
  readonly non_preferred_output: readonly Message[];
}

/** An example of supervised fine-tuning: the last message, the assistant's, is what is learnt. */
export interface OpenaiSupervised {
  readonly messages: readonly Message[];
}

const said = (content: string): Message => ({ role: "assistant", content });
const message = ({ role, content }: Message): Message => ({ role, content });

/** Why OpenAI's fine-tuning has no place for a row, or null where it has. */
export function openaiObjection(row: TrainingRow): string | null {
  if (row.provenance.method === "kto") return "OpenAI fine-tuning has no form for unpaired (KTO) rows";
  if (row.prompt.at(-1)?.role !== "user") return "its prompt does not end with a user message";
  return null;
}

/** A training row as an example for OpenAI's fine-tuning. Call `openaiObjection` first: the mapping itself refuses nothing. */
export function openaiExample(row: TrainingRow): OpenaiPreference | OpenaiSupervised {
  const messages = row.prompt.map(message);
  if (row.kind === "completion") return { messages: [...messages, said(row.completion)] };
  return {
    input: { messages, tools: [], parallel_tool_calls: true },
    preferred_output: [said(row.chosen)],
    non_preferred_output: [said(row.rejected)],
  };
}

/** The line that stands in the provenance file at the same number as the row's example. */
export function openaiProvenance(
  row: TrainingRow,
): (PairProvenance & { readonly margin: number }) | CompletionProvenance {
  return row.kind === "preference" ? { margin: row.margin, ...pairProvenance(row) } : completionProvenance(row);
}
