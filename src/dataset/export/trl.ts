// TRL's conversational form: messages of {role, content}. DPOTrainer reads prompt/chosen/rejected, RewardTrainer and our
// adapter also margin; KTOTrainer reads prompt/completion/label, SFTTrainer prompt/completion. Other columns are dropped
// by the trainers, so provenance rides along.

import type { TrainingRow } from "../../preference/training-row.ts";
import type { Message } from "../../profile/message.ts";
import {
  type CompletionProvenance,
  completionProvenance,
  type PairProvenance,
  pairProvenance,
} from "./provenance-record.ts";

/** A row for DPOTrainer. The prompt is explicit, so that TRL need not find it as the common prefix of the two. */
export interface TrlPair {
  readonly prompt: readonly Message[];
  readonly chosen: readonly Message[];
  readonly rejected: readonly Message[];
  /** g, the number of constraints on which the two responses differ; 0 in DPO. */
  readonly margin: number;
  readonly provenance: PairProvenance;
}

/** A row for KTOTrainer (with `label`: true is desirable) or SFTTrainer (without). */
export interface TrlCompletion {
  readonly prompt: readonly Message[];
  readonly completion: readonly Message[];
  readonly label?: boolean;
  readonly provenance: CompletionProvenance;
}

const said = (content: string): readonly Message[] => [{ role: "assistant", content }];
const message = ({ role, content }: Message): Message => ({ role, content });

/** A training row in TRL's conversational form. */
export function trlRow(row: TrainingRow): TrlPair | TrlCompletion {
  const prompt = row.prompt.map(message);
  if (row.kind === "preference") {
    return {
      prompt,
      chosen: said(row.chosen),
      rejected: said(row.rejected),
      margin: row.margin,
      provenance: pairProvenance(row),
    };
  }
  return {
    prompt,
    completion: said(row.completion),
    ...(row.provenance.method === "kto" ? { label: row.desirable } : {}),
    provenance: completionProvenance(row),
  };
}
