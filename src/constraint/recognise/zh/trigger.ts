// Triggers over the user's message: 用户提到“X”时, 如果消息里有“X”, 用户提问时, 用英语留言时. What depends on anything else is no
// trigger of ours.

const ROLE =
  "(?:用户|对方|玩家|客户|客人|顾客|来客|访客|游客|旅客|乘客|学生|学员|同学|孩子|小朋友|家长|家人|读者|听众|听客|观众|同事|队员|搭档|果农|农户|患者|病人|病友|会员|粉丝|网友|提问者|提问人|有人|来访者|咨询者|咨询人|求助者|他|她|对话者|买家|卖家|老师|居民|街坊|老乡|司机|选手|成员|朋友)";
/** What only a user sends; and what may as well be the reply's, unless the user is named. */
const SENT =
  "(?:最新消息|消息|留言|发言|提问内容|输入内容|输入文本|输入|提问|问题|问话|来信|来稿|来讯|来电|口述|指令|话|工单|请求|来函|投稿|短信)";
const MESSAGE = `(?:${SENT}|信息|内容|文本|描述|原话|评论|对话|查询|需求)`;
const INSIDE = "(?:里面|里|中|内|当中|之中)?";

const OF = "(?:的|发来的|发送的|输入的|所说的|说的|写的|提出的)";
/** The user's message as the subject of a condition. */
const SUBJECT = new RegExp(
  `^(?:在)?(?:${ROLE}${OF}${MESSAGE}${INSIDE}|${ROLE}${MESSAGE}${INSIDE}|${ROLE}(?:在${MESSAGE}${INSIDE})?|(?:提问|输入|指令|提问内容|输入内容)${INSIDE})`,
  "u",
);
/** The same where 如果 or 时 marks a condition: there, whoever sends a message is the user. */
const MARKED_SUBJECT = new RegExp(
  `^(?:在)?(?:(?!回复|回答|答复|答案|输出|你|您|模型|助手)[\\p{sc=Han}]{1,4}?${OF}${SENT}${INSIDE}|${SENT}${INSIDE})`,
  "u",
);
const ASKING = new RegExp(`^${ROLE}?(?:提问|发问|提出问题|提出疑问|问问题|提问题)$`, "u");
/** 英文提问，用英文提问，输入英文: whoever asks is the user. */
const SPOKEN = new RegExp(
  `^(?:${ROLE})?(?:的)?(?:(?:用|使用|以)?((?![不非没是])[\\p{sc=Han}]{1,5}[文语])(?:来|进行)?(?:提问|发问|询问|输入|提出问题|留言|发言|交流|写信)|(?:输入|提问|消息|问题|输入内容|提问内容)(?:是|为|使用|用|的是)?((?![不非没是])[\\p{sc=Han}]{1,5}[文语]))$`,
  "u",
);
/** 提到“X”，…: a bare mention before a demand is the user's, as the reply would be told to (要提到“X”). */
const MENTIONED = /^(?:被)?(?:提到|提及|说到|问到|问及|谈到|谈及|提问中(?:提到|出现)|涉及|触及)[\ue000-\uefff]/u;
const STARTS = /^(?:如果|假如|倘若|若是|要是|如若|若|当|每当|只要|一旦|凡是|凡|在|每次|如)/u;
const ENDS = /(?:的时候|时候|之时|的情况下|的情形下|情况下|的场合|的话|时|之后|后)$/u;
const SELF = /^(?:自己|本人|所)?/u;

/** The condition inside a clause that is one: what is said of the user's message; null if the clause is none. */
export function conditionIn(clause: string): string | null {
  let rest = clause;
  const opened = STARTS.test(rest);
  rest = rest.replace(STARTS, "");
  const closed = ENDS.test(rest);
  rest = rest.replace(ENDS, "");
  if (ASKING.test(rest)) return "提问";
  const heard = SPOKEN.exec(rest);
  const spoken = heard?.[1] ?? heard?.[2];
  if (spoken !== undefined) return `使用${spoken}`;
  if (MENTIONED.test(rest)) return rest.replace(/^被/u, "");
  const subject = SUBJECT.exec(rest) ?? (opened || closed ? MARKED_SUBJECT.exec(rest) : null);
  if (subject === null) {
    // 提到“X”时, 被问到“X”时: nobody but the user is meant where the clause is marked as a condition.
    return (opened || closed) && /^(?:被)?(?:问到|问及|提问)/u.test(rest) ? rest.replace(/^被/u, "") : null;
  }
  const said = rest.slice(subject[0].length).replace(SELF, "");
  // 用户输入“开始”时: what was taken for a noun (用户输入) is the verb.
  return /^[\ue000-\uefff]/u.test(said) ? `包含${said}` : said;
}

/** Whether a clause is marked as a condition, whatever of. */
export const isMarkedCondition = (clause: string): boolean =>
  /^(?:如果|假如|倘若|若是|要是|如若|若|当|每当|只要|一旦|凡是|除非|无论|不管|不论|针对|对于|面对|遇到)/u.test(
    clause,
  ) || ENDS.test(clause);

/** 无论用户用什么语言提问: a condition that always holds. */
export const ALWAYS =
  /^(?:无论|不管|不论)(?:用户|对方|玩家|客人)?(?:的)?(?:使用|用|以|说|讲)?(?:什么|何种|哪种|哪一种|任何|怎样的)?(?:语言|问题|内容)?(?:来|进行)?(?:提问|输入|发言|留言|问什么|说什么|问题|是什么|说了什么|交流|如何提问)?$/u;

/** Where a condition without a comma ends: 用户提到“X”时必须…. */
export const INNER_END = /^(.{2,60}?(?:的时候|时|的话|的情况下))(?=[^，]+$)(.+)$/u;
