// Layout: lists and their numbering, headings, tables, code, rules, emphasis, links, placeholders, titles.
import { NUMBERINGS } from "../argument.ts";
import type { MeasureDefinition } from "../measure.ts";
import { countLinks, countPlaceholders, countTitles } from "../span.ts";
import { isRuleLine, type TextView } from "../text-view.ts";
import { countOf } from "./length.ts";

const MARKDOWN_BULLET = /^[-*+]$/;
const BULLET = /^[-*+•‣◦▪·●○–—]$/;
const NOT_IN_TABLE_RULE = /[^-|:\s]/;
const FENCE = /^[^\S\n\r\u2028\u2029]*(?:```|~~~)/gm;
/** Single marks around a passage, none of its kind inside: a scan ends at the next one, so that the time stays linear. */
const ITALIC =
  /(?<![*\w])\*(?=[^\s*])[^*\n]*?[^\s*]\*(?![*\w])|(?<![_\p{L}\p{N}])_(?=[^\s_])[^_\n]*?[^\s_]_(?![_\p{L}\p{N}])/gu;
/** A passage in asterisks within a line; one beside white space marks a bullet or multiplies, and neither opens nor closes. */
const HIGHLIGHT = /(?<!\*)\*+[^\s*](?:[^\n*]*[^\s*])?\*+/g;
/** Marks that may stand around emphasis that runs over a whole text. */
const SAYS_SOMETHING = /[\p{L}\p{N}]/u;
const BOLD_RUN = /\*\*(?=\S)[^*]+?\*\*|__(?=\S)[^_]+?__/g;
const ITALIC_RUN = /(?<!\*)\*(?![*\s])[^*]+?\*(?!\*)|(?<!_)_(?![_\s])[^_]+?_(?!_)/g;

const bullets = (text: TextView): number => text.items.filter((item) => BULLET.test(item.marker)).length;

function numbered(text: TextView, style: string): number {
  const pattern = NUMBERINGS[style]!;
  return text.items.filter((item) => pattern.test(item.marker)).length;
}

/** Cells of dashes, with or without colons for their alignment, between bars; the outer bars may be left out. */
function isTableRule(line: string): boolean {
  if (NOT_IN_TABLE_RULE.test(line)) return false;
  const cells = line.slice(line.startsWith("|") ? 1 : 0, line.endsWith("|") ? -1 : undefined).split("|");
  return cells.every((cell) => {
    const rule = cell.trim();
    const dashes = rule.slice(rule.startsWith(":") ? 1 : 0, rule.endsWith(":") ? -1 : undefined);
    return dashes !== "" && !/[^-]/.test(dashes);
  });
}

/** A Markdown table: a line of cells followed by its rule of dashes. */
function tables(text: TextView): number {
  return text.lines.filter(
    (line, i) => line.includes("|") && isTableRule(line) && (text.lines[i - 1] ?? "").includes("|"),
  ).length;
}

/** Whether nothing that says anything stands outside the runs. A text that says nothing is not emphasised. */
const whollyIn = (runs: RegExp, text: TextView): number =>
  SAYS_SOMETHING.test(text.text) && !SAYS_SOMETHING.test(text.text.replace(runs, "")) ? 1 : 0;

export const LAYOUT_MEASURES: Record<string, MeasureDefinition> = {
  items: {
    of: (text) => text.items.length,
    wording: {
      en: { none: "contain no list items", count: "contain {q} list {item|items}" },
      zh: { none: "!包含列表项", count: "包含{q}个列表项" },
    },
  },
  bullets: {
    of: bullets,
    wording: {
      en: { none: "contain no bullet points", count: "contain {q} bullet {point|points}" },
      zh: { none: "!包含项目符号", count: "包含{q}个项目符号" },
    },
  },
  "markdown-bullets": {
    instructionOnly: true,
    of: (text) => text.items.filter((item) => MARKDOWN_BULLET.test(item.marker)).length,
    wording: {
      en: { none: "contain no Markdown bullet points", count: "contain {q} Markdown bullet {point|points}" },
      zh: { none: "!包含Markdown项目符号", count: "包含{q}个Markdown项目符号" },
    },
  },
  "numbered-items": {
    of: (text) => text.items.length - bullets(text),
    wording: {
      en: { none: "contain no numbered list items", count: "contain {q} numbered list {item|items}" },
      zh: { none: "!包含编号列表项", count: "包含{q}个编号列表项" },
    },
  },
  "items-numbered": {
    args: { style: "numbering" },
    of: (text, arg) => numbered(text, arg.style as string),
    wording: {
      en: { none: "contain no list items marked {style}", count: "contain {q} list {item|items} marked {style}" },
      zh: { none: "!包含标号为{style}式的列表项", count: "包含{q}个标号为{style}式的列表项" },
    },
  },
  "items-not-numbered": {
    args: { style: "numbering" },
    of: (text, arg) => text.items.length - numbered(text, arg.style as string),
    wording: {
      en: {
        none: "contain no list items not marked {style}",
        count: "contain {q} list {item|items} not marked {style}",
      },
      zh: { none: "!包含标号不为{style}式的列表项", count: "包含{q}个标号不为{style}式的列表项" },
    },
  },
  headings: {
    of: (text) => text.headings.length,
    wording: {
      en: { none: "contain no Markdown headings", count: "contain {q} Markdown {heading|headings}" },
      zh: { none: "!包含Markdown标题", count: "包含{q}个Markdown标题" },
    },
  },
  tables: {
    of: tables,
    wording: {
      en: { none: "contain no table", some: "contain a table", count: "contain {q} {table|tables}" },
      zh: { none: "!包含表格", some: "包含表格", count: "包含{q}个表格" },
    },
  },
  "code-blocks": {
    of: (text) => Math.floor(countOf(FENCE, text.text) / 2),
    wording: {
      en: { none: "contain no code block", some: "contain a code block", count: "contain {q} code {block|blocks}" },
      zh: { none: "!包含代码块", some: "包含代码块", count: "包含{q}个代码块" },
    },
  },
  rules: {
    of: (text) => text.lines.filter((line) => isRuleLine(line)).length,
    wording: {
      en: {
        none: "contain no separator line",
        some: "contain a separator line",
        count: "contain {q} separator {line|lines}",
      },
      zh: { none: "!包含分隔线", some: "包含分隔线", count: "包含{q}条分隔线" },
    },
  },
  bold: {
    of: (text) => text.bolds.length,
    wording: {
      en: { none: "contain no bold text", count: "contain {q} bold {passage|passages}" },
      zh: { none: "!包含加粗文字", count: "包含{q}处加粗文字" },
    },
  },
  italic: {
    of: (text) => countOf(ITALIC, text.text),
    wording: {
      en: { none: "contain no italic text", count: "contain {q} italic {passage|passages}" },
      zh: { none: "!包含斜体文字", count: "包含{q}处斜体文字" },
    },
  },
  highlights: {
    of: (text) => (text.text.match(HIGHLIGHT) ?? []).filter((run) => SAYS_SOMETHING.test(run)).length,
    wording: {
      en: { none: "contain no highlighted passages", count: "contain {q} highlighted {passage|passages}" },
      zh: { none: "!包含高亮文字", count: "包含{q}处高亮文字" },
    },
  },
  "all-bold": {
    of: (text) => whollyIn(BOLD_RUN, text),
    wording: {
      en: { none: "!be entirely in bold", some: "be entirely in bold" },
      zh: { none: "!全部加粗", some: "全部加粗" },
    },
  },
  "all-italic": {
    of: (text) => whollyIn(ITALIC_RUN, text),
    wording: {
      en: { none: "!be entirely in italics", some: "be entirely in italics" },
      zh: { none: "!全部使用斜体", some: "全部使用斜体" },
    },
  },
  links: {
    of: (text) => countLinks(text.text),
    wording: {
      en: { none: "contain no Markdown links", count: "contain {q} Markdown {link|links}" },
      zh: { none: "!包含Markdown链接", count: "包含{q}个Markdown链接" },
    },
  },
  placeholders: {
    of: (text) => countPlaceholders(text.text),
    wording: {
      en: {
        none: "contain no placeholders in square brackets",
        count: "contain {q} {placeholder|placeholders} in square brackets",
      },
      zh: { none: "!包含方括号占位符", count: "包含{q}个方括号占位符" },
    },
  },
  titles: {
    of: (text) => countTitles(text.text),
    wording: {
      en: {
        none: "!contain a title in << >>",
        some: "contain a title in << >>",
        count: "contain {q} {title|titles} in << >>",
      },
      zh: { none: "!包含用<< >>括起的标题", some: "包含用<< >>括起的标题", count: "包含{q}个用<< >>括起的标题" },
    },
  },
};
