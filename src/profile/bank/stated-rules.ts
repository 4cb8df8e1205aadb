// The rules that a system prompt states one by one: list items under a heading such as "Rules", "OUTPUT INSTRUCTIONS" or
// 约束, each taken to the letter without its list marker. Pure. Ignores rules in running text, and whether a rule is any good
// (constraint-list.ts); leaves out what is no rule on its own: templates, examples in fences, headings of further lists.

/** Titles whose items bind the reply, whole. Steps, skills and workflows say what to do, not how the reply must be. */
const RULE_TITLE =
  /^(?:(?:general|output|response|reply|style|format(?:ting)?|writing|answer|additional|key|structural|strict|important|core|basic|interaction|behaviou?r(?:al)?|the|your|global)\s+)*(?:rules?|constrain(?:ts?|s)|restrictions?|limitations?|guidelines?|requirements?|output\s*(?:instructions?|format|guidance|rules?|style)|response format|format)(?:\s+(?:for .{1,40}|to follow|and .{1,30}|are as follows))?$/i;
const RULE_TITLE_ZH =
  /^(?:.{0,6}(?:规则|约束|限制|注意事项|输出格式|格式要求|回答要求|回复要求|输出要求|作答要求|内容要求)(?:条件|要求)?|要求|注意|规范|准则|原则|.{0,4}(?:规范|准则|原则)|格式|输出样式|(?:你)?必须遵守.{0,8})(?:如下)?$/;

const HEADING = /^\s{0,3}(#{1,6})\s*(.+?)\s*#*$/;
/** A line that is a title without being a heading: bold all over, in 【】, or short and ended by a colon. */
const BOLD_TITLE = /^\s{0,3}(?:\d{1,2}\\?[.、]\s*)?(?:\*\*|__)([^*_]{1,60})(?:\*\*|__)\s*[:：]?\s*$/;
const BRACKET_TITLE = /^\s{0,3}[【[]([^\]】]{1,40})[\]】]\s*[:：]?\s*$/;
const COLON_TITLE = /^\s{0,3}(?:\d{1,2}\\?[.、]\s*)?([^-*+•\s:：][^:：]{0,50})[:：]\s*$/;

const LIST_ITEM =
  /^(\s*)(?:[-*+•●·–]\s+(?:\[[ xX]\]\s*)?|\(?\d{1,3}\\?[.)、．）]\s*(?!\d)|[（(]\d{1,2}[）)]\s*|[①-⑳]\s*|[一二三四五六七八九十]{1,3}[、.．]\s*|[a-zA-Z][.)]\s+)(\S.*)$/u;

/** Characters of a rule: fewer say nothing to keep to, more are a text. Han characters say more each. */
const LEAST = { latin: 8, han: 4 } as const;
const MOST = 500;

/** Characters of a line that is looked at: no rule and no title is longer, and the work stays bounded. */
const LONGEST_LINE = 2 * MOST;

const FENCE = /^\s*(?:```|~~~)/;
/** Three dashes around a template, or a rule between sections. */
const RULED_LINE = /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/;
/** A slot of a template where the text would stand: "Answer 1: {answer}". */
const TEMPLATE = /[:：]\s*(?:\{[^}]*\}|<[^>]*>|\[[^\]]*\])|^(?:\{[^}]*\}|\[[^\]]*\]|<[^>]*>)[:：.。]?$/;

/** The rules of a prompt in their order, each once. */
export function statedRules(prompt: string): string[] {
  const rules = new Set<string>();
  let section: Section | null = null;
  let inFence = false;
  const close = (): void => {
    for (const rule of section === null ? [] : rulesOf(section)) rules.add(rule);
    section = null;
  };
  for (const line of prompt.split(/\r\n|[\n\r]/)) {
    if (line.length > LONGEST_LINE) continue;
    if (FENCE.test(line)) {
      inFence = !inFence;
      continue;
    }
    if (inFence) continue;
    const title = titleIn(line);
    if (title !== null) {
      // A heading further down belongs to the section it stands in.
      if (section !== null && title.level > section.level && title.level <= MOST_LEVEL && !isRuleTitle(title.text))
        continue;
      close();
      if (isRuleTitle(title.text)) section = { level: title.level, items: [], lines: [], ended: false };
      continue;
    }
    if (section === null) continue;
    if (RULED_LINE.test(line)) section.ended = section.items.length + section.lines.length > 0;
    if (section.ended || line.trim() === "") continue;
    const item = LIST_ITEM.exec(line);
    if (item !== null) section.items.push({ indent: widthOf(item[1] ?? ""), text: (item[2] ?? "").trim() });
    else section.lines.push(line.trim());
  }
  close();
  return [...rules];
}

interface Section {
  readonly level: number;
  readonly items: { readonly indent: number; readonly text: string }[];
  /** Lines that are no list items. */
  readonly lines: string[];
  /** Whether a ruled line ended it: what comes after is a template. */
  ended: boolean;
}

/** Levels of headings by #; other titles come below them all. */
const MOST_LEVEL = 6;
const TITLE_LEVEL = MOST_LEVEL + 1;

function titleIn(line: string): { readonly level: number; readonly text: string } | null {
  const heading = HEADING.exec(line);
  if (heading !== null) return { level: (heading[1] ?? "").length, text: undressed(heading[2] ?? "") };
  const other = BOLD_TITLE.exec(line) ?? BRACKET_TITLE.exec(line) ?? COLON_TITLE.exec(line);
  return other === null ? null : { level: TITLE_LEVEL, text: undressed(other[1] ?? "") };
}

/** A title without emphasis, number, emoji, and end mark. */
const undressed = (title: string): string =>
  title
    .replace(/[*_`【】[\]]|\p{Extended_Pictographic}|\uFE0F/gu, "")
    .replace(/^\s*\d{1,2}\\?[.、)]\s*/, "")
    .replace(/\s*[:：.。]\s*$/, "")
    .trim();

const isRuleTitle = (title: string): boolean => RULE_TITLE.test(title) || RULE_TITLE_ZH.test(title);

/** Items of the outermost list only: the others depend on the one they stand under. */
function rulesOf({ items, lines }: Section): string[] {
  if (items.length === 0) return lines.filter(isRule);
  const outermost = Math.min(...items.map(({ indent }) => indent));
  return items.filter(({ indent, text }) => indent <= outermost + 1 && isRule(text)).map(({ text }) => text);
}

function isRule(text: string): boolean {
  const han = /\p{sc=Han}/u.test(text);
  const length = [...text].length;
  if (length < (han ? LEAST.han : LEAST.latin) || length > MOST) return false;
  return !/[:：]\s*$/.test(text) && !TEMPLATE.test(text) && /\p{L}/u.test(text);
}

/** Columns of an indentation, tabs at every fourth. */
const widthOf = (indent: string): number =>
  [...indent].reduce((width, c) => width + (c === "\t" ? 4 - (width % 4) : 1), 0);
