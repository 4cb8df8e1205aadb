// How far a stage is, in words: items, their rate and what is left of the time, and what was spent.
import type { Ledger } from "../run/ledger.ts";
import { ledgerLine } from "../run/ledger-text.ts";
import type { StageProgress } from "../run/stage.ts";
import { duration } from "./progress-line.ts";

/** "12 of 100 sessions, 3 from before, 1 failed, 2.1/s, 42 s left; 123 requests, 45,678 tokens, cost 0.1234". */
export function stageProgressText(
  { done, reused, failed, total, perSecond }: StageProgress,
  many: string,
  spent: Ledger,
): string {
  const left = total === null || perSecond === null ? null : (total - done - failed) / perSecond;
  const items = [
    `${done}${total === null ? "" : ` of ${total}`} ${many}`,
    ...(reused > 0 ? [`${reused} from before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(perSecond === null ? [] : [`${perSecond.toFixed(perSecond < 10 ? 2 : 0)}/s`]),
    ...(left === null ? [] : [`${duration(left)} left`]),
  ];
  return `${items.join(", ")}; ${ledgerLine(spent)}`;
}
