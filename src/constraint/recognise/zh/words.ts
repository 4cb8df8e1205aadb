// Words that many rules share: verbs of having and writing, what a reply is called, and where in it something stands.

/** Verbs that put something into a reply: 包含, 出现, 使用, 加上 … */
export const HAVE =
  "(?:包含有?|包括|含有|含|必带|带有|带上|带|附带|附上|附|具有|有|出现|使用|运用|采用|用上?|加入|加上?|添加上?|添上|增加|插入|写入|写上|写出|写明|写|打上|提到|提及|提|说到|说出|说|讲到|讲|问到|问|谈到|谈及|输出|给出|放上|放入|放|列出|保留|留|存在|引入|引用|融入|注明|标注|穿插|输入|发送|发出|发|回复|回答)";

/** 任何 and its kin before a noun. */
export const ANY = "(?:任何形式的|任何的?|任意的?|一切|所有的?|其他任何|一些)?";

/** What may link a noun to an amount: 数量必须控制在3个以内. */
export const LINK =
  "(?:都|均|总共|一共)?(?:必须|必需|需要|需|须|应该|应当|应|要|得|务必)?(?:被)?(?:出现|使用|控制|限制|保持|限定|维持)?(?:为|是|有|在|于|到|等于|：)?";

/** 的数量, 的个数 … after a noun. */
export const TALLY = "(?:的)?(?:总)?(?:使用)?(?:数量|个数|数目|总数|次数|条数|数)?";

const AT = "(?:处|位置|的位置|部分|的部分|的地方|之处|时|的时候)?(?:的)?";
const BARE_REPLY = "(?:(?:回复|回答|答复|输出|内容|全文|正文|文本|文章|对话)的?)?";
/** The beginning and the end of a reply or of one of its parts, as places. */
export const AT_START = `(?:(?:在|于)?(?:回答|回复|输出|答复)(?:的)?(?:开始)?(?:之前|前)(?:的)?|(?:在|的|于)*${BARE_REPLY}(?:最)?(?:开头|开始|开端|开篇|起始|开场|最前面|前面|首部|句首|段首|行首)${AT}(?:第一(?:句话?|个字))?)`;
export const AT_END = `(?:(?:在|于|再|然后)?(?:每次)?(?:回答|回复|输出|答复)(?:完毕|完成|结束|完)?(?:之后|以后|后)(?:的)?|(?:在|的|于)*${BARE_REPLY}(?:最)?(?:结尾|末尾|最后|最后面|结束|尾部|句尾|句末|段尾|段末|文末|行末|行尾|末端|最末|后面(?!再?(?:回复|回答|说|输出|给出)))${AT})`;

/** Words that may stand before a literal and after it without saying more. */
export const BEFORE_LITERAL =
  "(?:出|到|了|着)?(?:这样的?|下列|以下|如下|指定的?|固定的?)?(?:一个|1个|一段话?|一句话?|1句|一行|一条|一次)?(?:的)?(?:特殊的?|触发|成语|引导语|开场白|结束语|提示语|提示|口号|暗号|固定)?(?:表情符号|表情包|emoji表情|emoji|表情|符号|汉字|文字|字样|字|词语|词汇|词组|短语|关键词|关键字|语句|句子|内容|话语?|标签|标记|字符串?)?(?:：)?";
export const AFTER_LITERAL =
  "(?:的)?(?:(?:这|那|该)?(?:一|1|两|二|2|三|3|四|几)?个?(?:字样|字|词语|词汇|词组|词|短语|符号|标志|标记|标识|表情符号|表情包|表情|emoji表情|emoji|图标|句子|句话|句|语句|话语|话|标签|字符串?|关键词|关键字|行字|文字|字眼|口号))?";

/** Whole-string pattern; letters of either case. */
export const whole = (source: string): RegExp => new RegExp(`^(?:${source})$`, "iu");
