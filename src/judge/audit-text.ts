// The audit of a judge as a table for the terminal.
import { counted } from "../preference/counted.ts";
import { percent } from "../report/number-text.ts";
import { terminalText, textTable } from "../report/terminal-text.ts";
import { type Agreement, type Share, VERDICTS } from "./agreement.ts";
import type { JudgeAudit } from "./audit.ts";

/** "61.2%", "[55.0, 67.1]" and "120"; "–" of nothing. */
const shareCells = ({ share, low, high, of }: Share): string[] => [
  percent(share ?? Number.NaN),
  share === null ? "" : `[${(100 * low!).toFixed(1)}, ${(100 * high!).toFixed(1)}]`,
  String(of),
];

const kappaText = ({ kappa }: Agreement): string => (kappa === null ? "–" : kappa.toFixed(2).replace("-", "−"));

/** What was measured, for a person. */
export function auditText(audit: JudgeAudit): string {
  const { withCode, byKind, withTable, self, order, failed } = audit;
  const agreements = [
    ["agreement with code", "share", "95%", "verdicts", "kappa"],
    ["  all", ...shareCells(withCode), kappaText(withCode)],
    ...byKind.map((kind) => [`  ${kind.kind}`, ...shareCells(kind), kappaText(kind)]),
    [
      `agreement with the table (${terminalText(withTable.sources.join(", "))})`,
      ...shareCells(withTable),
      kappaText(withTable),
    ],
    ["agreement with itself", ...shareCells(self), kappaText(self)],
    ["verdicts that change"],
    ["  constraints the other way round", ...shareCells(order.reversed)],
    ["  begun in the middle", ...shareCells(order.rotated)],
  ];
  const confusion = [
    ["code says, judge says", ...VERDICTS],
    ...VERDICTS.map((code) => [`  ${code}`, ...VERDICTS.map((judge) => String(withCode.confusion[code][judge]))]),
  ];
  const stopped = audit.complete ? "" : " (stopped before the end)";
  const asked = `${counted(audit.responses, "response")} with ${counted(audit.constraints, "constraint")} judged by ${audit.model}${stopped}`;
  const causes = failed.map(({ turn, response, asked, cause }) =>
    terminalText(`${turn} ${response} (${asked}): ${cause}`),
  );
  return [
    `${asked}; ${counted(self.repeats, "repeat")} at temperature ${self.temperature}, everything else at 0`,
    "",
    ...textTable(agreements),
    "",
    ...textTable(confusion),
    ...(causes.length === 0
      ? []
      : [
          "",
          `no verdicts in ${counted(causes.length, "case")}:`,
          ...causes.slice(0, SHOWN_CAUSES).map((cause) => `  ${cause}`),
        ]),
    ...(causes.length > SHOWN_CAUSES ? [`  … and ${causes.length - SHOWN_CAUSES} more (--json has all)`] : []),
    "",
  ].join("\n");
}

/** Failures listed in words: mostly they are alike. */
const SHOWN_CAUSES = 5;
