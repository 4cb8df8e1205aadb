// Safety and refusal clauses are never reversed: no training row may ask a model to do what one forbids. A lexicon errs on
// the side of protecting: a harmless constraint that is left alone costs a few pairs, the reverse of a safety clause more.

const ENGLISH =
  /\b(?:refus(?:e[sd]?|ing|als?)|declin(?:e[sd]?|ing)|reject(?:s|ed|ing|ions?)?)\b|\b(?:can(?:no|['’])t|cannot|will not|won['’]t|unable to) (?:help|assist|comply)\b|\b(?:harm(?:s|ed|ing|ful(?:ly)?)?|illegal(?:ly)?|unlawful|dangerous(?:ly)?|unsafe|self-harm|suicid\w+|violen(?:t|tly|ce)|weapons?|explosives?|hate speech|racis[mt]|sexis[mt]|discriminat\w+|slurs?|porn\w*|sexual(?:ly)?|explicit content|nsfw|minors|confidential(?:ity)?|privacy|personal (?:data|information)|private (?:data|information)|passwords?|credentials|medical diagnos[ei]s|diagnos(?:e[sd]?|ing)|prescri(?:be|ption)\w*|legal advice|financial advice|investment advice|system prompt|jailbreak\w*)\b/i;

const CHINESE =
  /拒绝|拒答|婉拒|不予回答|不能回答|不得回答|不能提供|不得提供|违法|违规|犯罪|有害|危险|自杀|自残|自伤|暴力|武器|炸药|仇恨|歧视|辱骂|色情|低俗|赌博|毒品|未成年|隐私|个人信息|保密|机密|泄露|透露|密码|诊断|处方|医疗建议|法律意见|法律建议|投资建议|敏感|系统提示|提示词/;

/** Whether the text is, or may be, a clause about safety, secrecy or refusal. */
export const isProtected = (text: string): boolean => ENGLISH.test(text) || CHINESE.test(text);
