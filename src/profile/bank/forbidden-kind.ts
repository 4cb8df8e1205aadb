// Constraints that no profile may have, because nothing in a plain text shows whether they were kept: about time, about silence,
// about the number of the turn, about anything that is no text (spec/method.md, data construction, 1), and those that bind only
// "from time to time" (4). By words, in English and Chinese; a harmless constraint that is refused for a word costs one request.

export type ForbiddenKind = "time" | "silence" | "turn" | "medium" | "now and then";

const WORDS: Readonly<Record<ForbiddenKind, Readonly<Record<"en" | "zh", RegExp>>>> = {
  time: {
    en: /\b(?:(?:within|in under|after|every|for) (?:\d+|one|two|three|five|ten|a few|several|the next) (?:seconds?|minutes?|hours?|days?)|(?:current|local|real|present) (?:time|date)|time of (?:day|the message|sending)|time zones?|timestamps?|today['’]s (?:date|weather|news)|(?:(?<!followed |preceded )immediately(?! (?:followed|preceded|after|before|by))|instantly|promptly)|real[- ]time|(?:response|reply|typing) (?:time|speed|delay)|at (?:night|noon|midnight)|in the (?:morning|afternoon|evening)|on (?:weekends|(?:mon|tues|wednes|thurs|fri|satur|sun)days?))\b/i,
    zh: /(?:\d+|[一二三五十几])(?:秒|分钟|小时)(?:之?内|后|以后)|当前(?:的)?(?:时间|日期)|实时|即时|立即|立刻|马上|(?:响应|回复|应答)(?:的)?(?:时间|速度)|时区|时间戳|(?:早上|上午|中午|下午|晚上|夜间|深夜|凌晨|周末|工作日|节假日)(?:时|里|的时候|回复|回答)/,
  },
  silence: {
    en: /\b(?:(?:do not|don['’]t|never) (?:respond|reply|answer)(?: at all)?(?=\s*[.!,;]|\s*$)|(?:stay|remain|keep|be) (?:silent|quiet)|say nothing|no (?:response|reply|answer) at all|(?:empty|blank) (?:response|reply|answer)|ignore (?:the|this|that) (?:message|question|user)|(?:pause|wait) (?:for|until|before))\b/i,
    zh: /保持(?:沉默|安静)|不(?:作|做|予|要|得|能)?(?:任何)?(?:回复|回应|作答)(?:[。！；，]|$)|什么(?:都|也)不(?:要)?(?:说|回)|沉默|空白回复|(?:停顿|等待)(?:几|\d)?(?:秒|分钟|片刻)/,
  },
  turn: {
    en: /\b(?:(?:first|second|third|fourth|fifth|last|next|final|opening|previous|\d+(?:st|nd|rd|th)) (?:message|turn|reply|response|round|interaction|exchange|question)|(?:every|each|after|once every) (?:other|second|third|\d+|two|three|four|five|few|several) (?:messages|turns|replies|responses|rounds|message|turn|reply|response|interactions?|exchanges?)|(?:start|beginning|end) of (?:the|a|each|every) (?:conversation|chat|session|dialogue)|turn number|(?:throughout|during) the (?:whole |entire )?(?:conversation|session|dialogue)|in a row|consecutive (?:messages|turns|replies|responses)|(?:again|repeated|repeats?) (?:the same|a) (?:question|message))\b/i,
    zh: /第[一二三四五六七八九十\d]+(?:轮|次(?:回复|回答|提问|对话|交流)|条消息|个(?:回复|回答|问题))|首次(?:回复|回答|对话|提问|交流)|(?:最后|下|上)一(?:轮|(?:次|条)(?:回复|回答|消息|对话))|每[隔]?[二两三四五六七八九十\d]+(?:轮|次|条)|(?:对话|会话|聊天)(?:的)?(?:开始|开头|结束|结尾|过程)|整个对话|连续[两二三四五\d]+(?:轮|次)|轮(?:次|数)|重复(?:提问|同样)/,
  },
  medium: {
    en: /\b(?:images?|pictures?|photos?|photographs?|screenshots?|videos?|audio|sounds? (?:effects?|clips?)|music clips?|(?:voice|tone of voice|speak(?:ing)? (?:slowly|loudly|softly))|gifs?|attach(?:ments?|ed)?|upload|download|(?:web|internet) search|search the (?:web|internet)|browse|(?:font|text) (?:size|colou?r)|colou?red text|(?:click|tap) (?:the|on|a)|api calls?|call(?:ing)? (?:a|the|an) (?:function|tool|api)|send (?:an? )?(?:e-?mail|sms|notification))\b/i,
    zh: /图片|图像|照片|截图|视频|音频|语音|音效|配乐|动图|附件|上传|下载|联网|上网搜索|搜索网络|浏览网页|字体|字号|(?:文字|字体)颜色|点击|调用(?:接口|函数|工具)|发送(?:邮件|短信|通知)/,
  },
  "now and then": {
    en: /\b(?:from time to time|now and then|occasionally|sometimes|once in a while|at times|every so often|periodically|randomly|at random|frequently|often|usually|where possible|when(?:ever)? possible|if possible|when(?:ever)? appropriate|if appropriate|as needed|if necessary|when(?:ever)? necessary|where appropriate)\b/i,
    zh: /不时|时不时|偶尔|有时|时而|间或|定期|随机|经常|尽量|尽可能|适当(?:地|的时候|时)|必要时|如有必要|视情况|酌情/,
  },
};

const REASONS: Readonly<Record<ForbiddenKind, Readonly<Record<"en" | "zh", string>>>> = {
  time: { en: "it is about time, which a text does not show", zh: "它与时间有关，文本本身看不出来" },
  silence: { en: "it asks for silence, and there must be a reply", zh: "它要求沉默，而回复必须存在" },
  turn: { en: "it depends on the number or order of the turns", zh: "它取决于对话的轮次或先后" },
  medium: { en: "it is about something other than plain text", zh: "它涉及纯文本以外的东西" },
  "now and then": {
    en: "it binds only now and then, so nobody can tell whether it was kept",
    zh: "它只是偶尔或酌情生效，无法判断是否遵守",
  },
};

/** What a profile may not ask in this text, and why in words; null for nothing. What is quoted is mentioned, not asked. */
export function forbiddenKind(
  text: string,
  language: "en" | "zh",
): { readonly kind: ForbiddenKind; readonly reason: string } | null {
  const said = text.replace(/“[^”]*”|「[^」]*」|『[^』]*』|"[^"]*"/gu, " ");
  for (const [kind, words] of Object.entries(WORDS) as [ForbiddenKind, (typeof WORDS)[ForbiddenKind]][])
    if (words[language].test(said)) return { kind, reason: REASONS[kind][language] };
  return null;
}
