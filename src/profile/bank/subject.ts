// Whether a text is about pictures, video or sound, or is sexual or a jailbreak: by words, in English and Chinese. Pure. A
// lexicon errs; what it drops is counted by cause and can be looked through (`rpo bank filter --rejects`). What the GPT is called
// and said to do weighs more than its prompt, in which a word may stand in passing or in a prohibition.
import type { Inspiration } from "./inspiration.ts";

/** Characters of a prompt, and of a description, in which the subject shows; what comes after mentions all sorts of things. */
const OPENING = 1_500;
const ABOUT = 200;

interface Subject {
  readonly cause: string;
  /** In the name or the description: enough by itself. */
  readonly named: RegExp;
  /** In the opening of the prompt, where it is not forbidden. */
  readonly opening: RegExp;
  /** In the name or the description: what is made is a text about it after all. */
  readonly unless?: RegExp;
}

/** Texts that go with a video or a piece of music. */
const TEXTS =
  /\b(?:scripts?|ideas?|topics?|titles?|captions?|descriptions?|transcripts?|tags?|hooks?|openers?|lyrics|facts?|seo|summar\w+)\b|脚本|文案|标题|歌词|总结/i;

const MEDIA: readonly Subject[] = [
  {
    cause: "images",
    named:
      /mid[- ]?journey|stable[- ]?diffusion|\bdall[-·•∙ ]?e\b|\b(?:image|picture|photo|portrait|wallpaper|avatar|icon|logo|sticker|emoji|tattoo|poster|thumbnail|cartoon|comic|anime|pixel|art|artwork|drawing|sketch|illustration|painting|colou?ring page|3d|visual)s?\b.{0,30}\b(?:generat\w*|creat\w*|maker|prompt\w*|designer?|drawer|artist|editor|builder|render\w*|craft\w*|converter)\b|\b(?:generat\w+|creat\w+|mak(?:e|es|ing)|draw(?:s|ing)?|design\w*|produc\w+|turn\w*|transform\w*|convert\w*|describ\w*|analy[sz]\w*|edit\w*|paint\w*|illustrat\w+|render\w*|visuali[sz]\w+)\b.{0,40}\b(?:images?|pictures?|photos?|photographs?|portraits?|wallpapers?|avatars?|icons?|logos?|stickers?|tattoos?|posters?|thumbnails?|cartoons?|comics?|artworks?|drawings?|sketch(?:es)?|illustrations?|paintings?|colou?ring (?:pages?|books?)|visuals)\b|\bphotograph(?:y|er)\b|\bphotorealis\w+|\billustrator\b|\btext[- ]to[- ]image\b|\bai art\b|图片|图像|照片|绘画|绘图|画图|画师|插画|海报|头像|壁纸|作画|摄影|配图|logo/i,
    opening:
      /mid[- ]?journey|stable[- ]?diffusion|\bdall[-·•∙ ]?e\b|\btext[- ]to[- ]image\b|\bimage (?:generat\w+|prompts?)\b|\bprompts? (?:for|to generate) (?:an? )?(?:\w+ ){0,2}(?:images?|pictures?|photos?|art)\b|\bgenerat\w+ (?:an? |the )?(?:\w+ ){0,2}(?:images?|pictures?|photos?)\b|\bphotorealistic\b|(?:生成|绘制|画)(?:一[张幅])?(?:图片|图像|照片|插画)|绘画提示词/i,
  },
  {
    cause: "video",
    named:
      /\b(?:video|film|movie|animation|clip|gif)s?\b.{0,20}\b(?:generat\w*|maker|editor|editing|creator|producer|production|analy\w+)\b|\b(?:generat\w+|edit\w*|mak(?:e|es|ing)|produc\w+|watch\w*)\b.{0,25}\b(?:videos?|films?|animations?|gifs?)\b|\btext[- ]to[- ]video\b|视频(?:生成|剪辑|制作|编辑)|(?:生成|剪辑|制作)视频|动画制作/i,
    unless: TEXTS,
    opening:
      /\btext[- ]to[- ]video\b|\bgenerat\w+ (?:an? |the )?(?:\w+ )?videos?\b|\bvideo editing\b|(?:生成|剪辑)视频/i,
  },
  {
    cause: "audio",
    named:
      /\b(?:text[- ]to[- ](?:speech|music)|speech[- ]to[- ]text|audio|voice[- ]?(?:over|clone|cloning|generator|assistant|changer)s?|sound(?:scapes?| design\w*)|music (?:generat\w+|creat\w+)|midi|beats? (?:maker|generat\w+)|transcri(?:be|bes|bing|ption)(?= .{0,30}\b(?:audio|speech|voice|recording|podcast)))\b|音频|语音|配音|音效/i,
    unless: TEXTS,
    opening:
      /\btext[- ]to[- ](?:speech|music)\b|\bgenerat\w+ (?:an? )?(?:audio|music|sounds?)\b|(?:生成)(?:音频|语音|音乐)/i,
  },
];

const NSFW: readonly Subject[] = [
  {
    cause: "sexual",
    named:
      /\bnsfw\b|\bporn\w*|\berotic\w*|\bhentai\b|\bsex(?:y|ual(?:ly)?|ting|bot)?\b|\bnudes?\b|\bnudity\b|\bfetish\w*|\bkink(?:y|s)?\b|\bbdsm\b|\bhorny\b|\blewd\b|\bslut\w*|\bmilf\b|\bsmut\b|\bseduc(?:e|tive|tress|tion)\b|\bsensual\b|\b18 ?\+|\bonlyfans\b|色情|情色|成人内容|性爱|裸体|做爱|调教|黄文|黄色小说|R-?18|淫/i,
    opening:
      /\bnsfw\b|\bporn\w*|\berotic\w*|\bhentai\b|\bfetish\w*|\bbdsm\b|\bhorny\b|\blewd\b|\bcock\b|\bpussy\b|\bslut\w*|\bsexually (?:explicit|aroused)\b|\b(?:explicit|graphic) sex\w*|\bsmut\b|色情|情色|性爱|裸体|做爱|淫荡/i,
  },
  {
    cause: "jailbreak",
    named:
      /\bjail[- ]?br(?:eak|oken)\w*|\bdo anything now\b|\bDAN[- ]?(?:v?\d+|mode|prompt|gpt|ai)\b|\buncensored\b|\bunfiltered\b|\bunrestricted\b|\bno (?:limits?|restrictions?|filters?|censorship|rules)\b|\bwithout (?:any )?(?:restrictions?|filters?|limits?|censorship)\b|\bevil[- ](?:ai|gpt|bot|assistant|confidant|twin|version|mode)\b|\b(?:worm|fraud|dark|chaos|hacker|evil)[- ]?gpt\b|\bmalware\b|\bdeveloper mode\b|越狱|无限制|无审查|破解版/i,
    opening:
      /\bjail[- ]?br(?:eak|oken)\w*|\bdo anything now\b|\b(?:free of|without|no|ignor\w+|bypass\w*|disregard\w*|not bound by|unbound by) (?:any |all |your |of |the |these )*(?:ethical|moral|legal|openai'?s?|content|safety)(?: or \w+| and \w+)? (?:guidelines?|restrictions?|constraints?|limit\w*|polic\w+|rules?|filters?|concerns|principles)\b|\bdeveloper mode\b|\buncensored\b|\bunfiltered\b|\bamoral\b|\bopenai(?:'s)? (?:content )?polic(?:y|ies)\b|越狱|无视(?:一切|所有)?(?:道德|法律|规则|限制)/i,
  },
];

/** Words before a hit that turn it round: "avoid any sexually explicit …". */
const FORBIDS =
  /\b(?:no|not|never|avoid\w*|don['’]t|refus\w+|exclud\w+|refrain\w*|prohibit\w*|forbid\w*|non)\b[^.!?\n]{0,40}$|(?:不得|禁止|避免|不要|不能|拒绝)[^。！？\n]{0,12}$/i;
const BEFORE = 60;
/** Hits in one opening that are looked at before it is held harmless. */
const MOST_HITS = 20;

/** What media the GPT is about: "images", "video" or "audio"; null for none. */
export const mediaSubject = (inspiration: Inspiration): string | null => subjectOf(inspiration, MEDIA);

/** "sexual" or "jailbreak", or null for neither. */
export const nsfwSubject = (inspiration: Inspiration): string | null => subjectOf(inspiration, NSFW);

function subjectOf(inspiration: Inspiration, subjects: readonly Subject[]): string | null {
  const named = `${inspiration.name}\n${aboutOf(inspiration)}`;
  const opening = inspiration.systemPrompt?.slice(0, OPENING) ?? "";
  for (const { cause, named: inName, opening: inOpening, unless } of subjects) {
    if (unless?.test(named)) continue;
    if (isSaid(named, inName) || isSaid(opening, inOpening)) return cause;
  }
  return null;
}

/** What a source says of a GPT in a line or two; where its description holds the prompt too, the import kept the line apart. */
function aboutOf(inspiration: Inspiration): string {
  const about = inspiration.meta.about;
  return (typeof about === "string" ? about : inspiration.description).slice(0, ABOUT);
}

function isSaid(text: string, words: RegExp): boolean {
  let hits = 0;
  for (const { index } of text.matchAll(new RegExp(words, `g${words.flags}`))) {
    if (!FORBIDS.test(text.slice(Math.max(0, index - BEFORE), index))) return true;
    hits += 1;
    if (hits === MOST_HITS) break;
  }
  return false;
}
