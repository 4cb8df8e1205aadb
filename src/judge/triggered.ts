// Which constraints of a profile a query triggers: S_x of a turn (spec/method.md, data construction, 4). By code where the rules
// recognise the constraint; the rest in one question to the judge. Unconditional ones always bind; so do those whose condition is about
// the response (the verdict is `na` where it does not get there); those that ask for something only from time to time never do, since no
// single response can break them.
import { z } from "zod";
import { recognised } from "../constraint/reverse-text.ts";
import { meets, viewOf } from "../constraint/verdict.ts";
import type { ChatModel } from "../model/model.ts";
import type { Message } from "../profile/message.ts";
import { ALWAYS } from "../profile/profile.ts";
import type { PromptLanguage } from "../prompts/prompt.ts";
import { triggeredConstraintsPrompt } from "../prompts/triggered-constraints.ts";
import { askEach } from "./ask-each.ts";
import { CODE_MEANS } from "./code-means.ts";

/** How a constraint stands to a query, in the judge's words. */
export const APPLIES = ["always", "met", "unmet", "reply", "sometimes"] as const;
export type Applies = (typeof APPLIES)[number];

const TRIGGERED: ReadonlySet<Applies> = new Set(["always", "met", "reply"]);

/** A constraint as it is asked about. */
export interface ProfileText {
  readonly text: string;
  /** Only a judge can decide it, whatever the rules make of it. */
  readonly judge?: boolean | undefined;
  /** `always` where its writer says that it has no condition. */
  readonly trigger?: string | undefined;
}

export interface Trigger {
  readonly triggered: boolean;
  readonly applies: Applies;
  readonly source: "code" | "judge";
  /** The condition as the judge put it; null where code decided. */
  readonly condition: string | null;
}

export interface TriggerQuestion {
  readonly history: readonly Message[];
  readonly query: string;
  readonly language: PromptLanguage;
}

export interface TriggerSettings {
  readonly model: ChatModel;
  readonly seed: number;
}

/** Earlier messages that the judge sees: two rounds, for a query that is nothing without them ("and then?"). */
const HISTORY_SHOWN = 4;
/** An id, a few words and one of five words. */
const TOKENS_EACH = 80;
/** A whole profile, which has at most 12, in one question. */
const PER_CALL = 12;

const FIELDS = {
  condition: z.string().transform((given) => given.trim()),
  applies: z
    .string()
    .meta({ enum: [...APPLIES] })
    .transform((given) => given.trim().toLowerCase())
    .pipe(z.enum(APPLIES)),
};

const UNCONDITIONAL: Trigger = { triggered: true, applies: "always", source: "code", condition: null };

/** What code can tell of a constraint and a query; null where it cannot. */
export function triggerByCode(text: string, query: string): Trigger | null {
  const constraint = recognised(text)?.constraint;
  if (constraint === undefined) return null;
  const view = viewOf(query, CODE_MEANS);
  const holds = constraint.when === undefined ? true : meets(constraint.when, view, view);
  if (holds === null) return null;
  const applies = constraint.when === undefined ? "always" : holds ? "met" : "unmet";
  return { triggered: holds, applies, source: "code", condition: null };
}

/**
 * How each constraint stands to the query, in their order.
 * @throws ModelFailure where the judge gives no usable answer; the signal's reason
 */
export async function triggersOf(
  constraints: readonly ProfileText[],
  { history, query, language }: TriggerQuestion,
  { model, seed }: TriggerSettings,
  signal?: AbortSignal,
): Promise<Trigger[]> {
  const byCode = constraints.map(({ text, judge, trigger }) =>
    trigger === ALWAYS ? UNCONDITIONAL : judge ? null : triggerByCode(text, query),
  );
  const open = constraints.filter((_, index) => byCode[index] === null).map(({ text }) => text);
  const said = await askEach(
    model,
    open,
    {
      name: "triggered",
      list: "constraints",
      fields: FIELDS,
      language,
      seed,
      tokensEach: TOKENS_EACH,
      perCall: PER_CALL,
      messages: (items) =>
        triggeredConstraintsPrompt.messages(
          { history: history.slice(-HISTORY_SHOWN), query, constraints: items },
          language,
        ),
    },
    { signal },
  );
  const answers = said.values();
  return byCode.map((known): Trigger => {
    if (known !== null) return known;
    const { condition, applies } = answers.next().value!;
    return { triggered: TRIGGERED.has(applies), applies, source: "judge", condition };
  });
}
