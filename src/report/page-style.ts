// The look of the page: light and dark, from 360 px to wide, and on paper. Colours of text have a contrast of at least 4.5
// to their ground (page-style.test.ts computes it).
import { CHART_COLOURS } from "./chart-colours.ts";

/** Ground and ink by name, light and dark. The chart's colours join them, so that its legend matches. */
export const PAGE_COLOURS = {
  ground: { light: "#fcfcfa", dark: "#15181b" },
  card: { light: "#ffffff", dark: "#1b1f23" },
  line: { light: "#e4e2dc", dark: "#30363c" },
  ink: CHART_COLOURS.ink,
  soft: CHART_COLOURS.soft,
  link: { light: "#2f5597", dark: "#93b4f0" },
  pass: { light: "#0b5f58", dark: "#7fdccb" },
  "pass-ground": { light: "#dcf1ed", dark: "#173b37" },
  fail: { light: "#9c3412", dark: "#f7a583" },
  "fail-ground": { light: "#fbe5da", dark: "#4a2618" },
  mark: { light: "#f4f3ee", dark: "#23282d" },
  wasted: CHART_COLOURS.wasted,
  noisy: CHART_COLOURS.noisy,
  clean: CHART_COLOURS.clean,
} as const;

const variables = (mode: "light" | "dark"): string =>
  Object.entries(PAGE_COLOURS)
    .map(([name, colours]) => `--${name}:${colours[mode]}`)
    .join(";");

/** The style sheet of the page. */
export const pageStyle = (): string => `
:root{color-scheme:light dark;${variables("light")}}
@media (prefers-color-scheme:dark){:root{${variables("dark")}}}
${RULES}`;

const RULES = `
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{overflow-wrap:anywhere;margin:0 auto;max-width:70rem;padding:0 1.25rem 4rem;background:var(--ground);color:var(--ink);
  font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
[lang=zh]{line-break:strict;line-height:1.75}
h1,h2,h3,h4,p,dl,dd,ol,ul,figure{margin:0;padding:0}
ol,ul{list-style:none}
h1,h2{font-family:Charter,"Bitstream Charter","Iowan Old Style",Palatino,Georgia,"Noto Serif",serif;line-height:1.2;text-wrap:balance;letter-spacing:-.01em}
h1{font-size:clamp(2rem,6vw,3.1rem);font-weight:600}
h2{font-size:1.75rem;font-weight:600;margin-bottom:.75rem}
h3{font-size:1.05rem;font-weight:650;line-height:1.35}
h4{font-size:.85rem;font-weight:650}
small{font-size:.82rem;font-weight:400;color:var(--soft)}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:2px}
code{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace}
section{margin-top:4.5rem;scroll-margin-top:1rem}
.prose{max-width:43rem;text-wrap:pretty}
.prose+*{margin-top:1.5rem}
.heard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;padding:.5rem 1rem;background:var(--card);z-index:1}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.text{white-space:pre-wrap}
.id{font:600 .78rem/1 ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace;color:var(--soft)}

.top{padding-top:clamp(2.5rem,8vw,5.5rem)}
.eyebrow{font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--clean);font-weight:650;margin-bottom:.75rem}
.lede{font-size:1.2rem;line-height:1.5;color:var(--soft);max-width:43rem;margin-top:1rem}
.lede b{color:var(--ink);font-weight:600}
nav{display:flex;flex-wrap:wrap;gap:.35rem 1.4rem;margin-top:1.75rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.92rem}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}

#made{margin-top:2.5rem}
.flow{display:grid;grid-template-columns:repeat(5,1fr);gap:0}
.flow li{position:relative;padding:.1rem 1rem .1rem 1.4rem}
.flow li:first-child{padding-left:0}
.flow li+li::before{content:"→";position:absolute;left:0;top:.55rem;color:var(--soft)}
.flow b{display:block;font-size:1.75rem;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums;letter-spacing:-.02em}
.flow span{font-weight:600;font-size:.95rem}
.flow small{display:block;line-height:1.4}
.flow li:last-child b{color:var(--clean)}

.example{margin-top:1.75rem}
.example figcaption{max-width:43rem;color:var(--soft);font-size:.95rem}
.example figcaption b{color:var(--ink)}
.readings{display:grid;grid-template-columns:repeat(3,1fr);gap:1rem;margin-top:1rem}
.reading{padding:1rem 1.1rem;display:flex;flex-direction:column;justify-content:space-between;font-size:.9rem}
.reading table{width:100%;border-collapse:collapse}
.reading caption{text-align:left;font-weight:650;padding-bottom:.5rem}
.reading th,.reading td{padding:.32rem 0;border-top:1px solid var(--line);font-weight:400;text-align:left;vertical-align:top}
.reading th{line-height:1.55rem}
.reading td,.reading thead th+th{width:1.9rem;text-align:center}
.reading thead th{color:var(--soft);font-size:.82rem;border-top:0;padding-top:0}
.reading p{margin-top:.7rem}
.good{color:var(--pass)}

del{color:var(--fail);text-decoration:line-through;text-decoration-thickness:1px}
ins{color:var(--pass);background:var(--pass-ground);text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.2em;border-radius:3px;padding:.08em .2em}
del+ins{margin-left:.25em}
del::before,ins::before{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
del::before{content:" [removed: "}
ins::before{content:" [inserted: "}

.census{display:grid;grid-template-columns:minmax(0,29rem) minmax(0,1fr);gap:2rem 4rem;align-items:start}
.census svg{display:block;width:100%;height:auto}
.cases{display:grid;gap:.8rem;font-size:.92rem;line-height:1.5}
.cases>div{display:grid;grid-template-columns:6.2rem 1fr;gap:.25rem .75rem}
.cases dt{font-weight:600;white-space:nowrap}
.swatch{display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.5rem;background:currentColor;forced-color-adjust:none}
.wasted{color:var(--wasted)}.noisy{color:var(--noisy)}.clean{color:var(--clean)}

.sign{display:inline-flex;align-items:center;justify-content:center;position:relative;width:1.55rem;height:1.55rem;border-radius:5px;font-size:.85rem;font-weight:700;line-height:1;vertical-align:middle}
.sign.pass{background:var(--pass-ground);color:var(--pass)}
.sign.fail{background:var(--fail-ground);color:var(--fail)}
.sign.na{color:var(--soft);box-shadow:inset 0 0 0 1px var(--line)}
.prose .sign{width:1.35rem;height:1.35rem;margin:-.2em .1em 0 .25em}
td .sign{display:flex;margin:0 auto}

.turn,.pair,.contrast{padding:1.4rem 1.5rem 1.5rem;margin-top:1.5rem}
.query{margin-top:.5rem;padding-left:.9rem;border-left:3px solid var(--line);white-space:pre-wrap}
.matrix{width:100%;border-collapse:collapse;margin-top:1.1rem;table-layout:fixed}
.matrix th,.matrix td{padding:.22rem 0;text-align:center;vertical-align:top;font-weight:400}
.matrix thead th{width:2.15rem;padding-bottom:.35rem;font-size:.8rem;color:var(--soft)}
.matrix thead th:first-child{width:auto;text-align:left}
.matrix thead a{font:600 .78rem/1 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft);text-decoration:none;display:block;padding:.3rem 0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.matrix thead a:hover{color:var(--link);text-decoration:underline}
.matrix tbody th{text-align:left;padding-right:1rem}
.matrix tbody tr{border-top:1px solid var(--line)}
.matrix .score{width:3rem;text-align:right;font-variant-numeric:tabular-nums;color:var(--soft);font-size:.88rem}
.matrix tbody .score{line-height:1.6rem}
.matrix thead .score{font-size:.8rem}
summary{cursor:pointer}
.matrix summary{display:block;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;line-height:1.6rem;font-size:.92rem}
.matrix summary::-webkit-details-marker{display:none}
.matrix summary .id::before{content:"▸";display:inline-block;width:1.1em;transition:transform .15s}
.matrix details[open] summary .id::before{transform:rotate(90deg)}
.matrix details[open] .preview{visibility:hidden}
.matrix summary .id{margin-right:.5rem;overflow-wrap:normal}
.matrix .text{font-size:.94rem;padding:.2rem 0 .7rem .95rem}
.meanings{margin-top:1.2rem;padding-top:1rem;border-top:1px solid var(--line)}
.meanings h4{color:var(--soft)}
.meanings dl{columns:2;column-gap:2.5rem;margin-top:.5rem;font-size:.9rem;line-height:1.5}
.meanings dl>div{break-inside:avoid;display:grid;grid-template-columns:fit-content(6rem) minmax(0,1fr);gap:.7rem;padding:.3rem 0 .3rem .3rem;border-radius:5px;scroll-margin-top:1rem}
.meanings dl>div:target{background:var(--mark)}
.meanings dt{min-width:1.5rem;font:600 .78rem/1.7 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft)}
.meanings dd>span{display:block}
.reverse{color:var(--soft)}
.turned{margin-right:.4em}
.reverse>span{display:inline}

.margin{display:inline-block;padding:.05rem .55rem;margin-right:.4rem;border-radius:99px;background:var(--pass-ground);color:var(--pass);font-size:.88rem;font-variant-numeric:tabular-nums;white-space:nowrap}
.prompt{margin-top:1rem;color:var(--soft);font-size:.94rem}
.message{display:grid;grid-template-columns:5.5rem minmax(0,1fr);gap:.2rem 1rem;padding:.3rem 0}
.role{font-size:.8rem;line-height:1.6rem;color:var(--soft)}
.message.user .text{color:var(--ink)}
.reversal{color:var(--ink);background:var(--mark);border-radius:4px;padding:.1em .25em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.reversal .id{margin-right:.45em;user-select:none}
.history{padding:.3rem 0}
.answers{display:grid;grid-template-columns:1fr 1fr;gap:1rem;margin-top:.9rem}
.answers section{margin:0;padding:.9rem 1rem 1rem;border:1px solid var(--line);border-radius:8px;min-width:0}
.answers .text{margin-top:.5rem;font-size:.94rem}
.answers h4 .sign{margin-right:.3rem}
.provenance{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;margin-top:1rem;font-size:.82rem;color:var(--soft)}
.provenance div{display:flex;gap:.4rem;min-width:0}
.provenance dt::after{content:":"}
.provenance dd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;min-width:0}

.finding{font-weight:600}
.result,.course{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,29rem);gap:2rem 3rem;align-items:start}
.course{grid-template-columns:minmax(0,29rem) minmax(0,1fr)}
.result+.prose,.course+h3,.prose+h3{margin-top:2rem}
h3+.course,h3+.prose{margin-top:1rem}
.result svg,.course svg{display:block;width:100%;height:auto}
.comparison{width:100%;border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
.comparison th,.comparison td{padding:.4rem 0;border-top:1px solid var(--line);text-align:right;font-weight:400;vertical-align:top}
.comparison th:first-child{text-align:left;padding-right:.75rem;overflow-wrap:normal}
.comparison td+td,.comparison thead th+th+th{padding-left:.75rem}
.comparison small{white-space:nowrap}
.comparison thead th{border-top:0;color:var(--soft);font-size:.82rem}
.comparison th[scope=rowgroup]{font-weight:650;border-top:0;padding-top:1.1rem}
.heeded{width:100%;border-collapse:collapse;margin-top:1.1rem;font-size:.92rem}
.heeded th,.heeded td{padding:.28rem 0;border-top:1px solid var(--line);font-weight:400;text-align:left;vertical-align:top}
.heeded td,.heeded thead th+th{width:3rem;text-align:center}
.heeded thead th{border-top:0;color:var(--soft);font-size:.82rem}
.heeded tbody th{line-height:1.55rem}
.heeded .id{margin-right:.45em}
.margin.loss{background:var(--fail-ground);color:var(--fail)}

.files li{display:grid;grid-template-columns:minmax(0,22rem) minmax(0,1fr) 5.5rem;gap:.1rem 1.5rem;padding:.5rem 0;border-top:1px solid var(--line)}
.files li:last-child{border-bottom:1px solid var(--line)}
.files span{color:var(--soft)}
.files small{text-align:right;font-variant-numeric:tabular-nums;line-height:1.6rem}
.two{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,3fr);gap:2.5rem 4rem}
.settings{margin-top:1rem}
.settings div{display:grid;grid-template-columns:1fr 1fr;gap:1rem;padding:.35rem 0;border-top:1px solid var(--line);font-size:.94rem}
.settings dt{color:var(--soft)}
.settings dd{font-variant-numeric:tabular-nums}
.commands li{padding:.55rem 0}
.commands code{display:block;padding:.5rem .8rem;background:var(--mark);border-radius:6px;white-space:pre-wrap}
.commands .option{display:inline-block;max-width:100%;white-space:normal}
.commands li>span{display:block;margin-top:.25rem;font-size:.92rem;color:var(--soft)}
footer{margin-top:5rem;padding-top:1.25rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
footer p{max-width:43rem}

@media (max-width:60rem){
  .census,.result,.course{grid-template-columns:1fr}
  .census figure,.result figure,.course figure{max-width:34rem}
  .readings{grid-template-columns:1fr}
  .reading{max-width:34rem}
  .two{grid-template-columns:1fr}
}
@media (max-width:44rem){
  body{padding:0 1rem 3rem}
  section{margin-top:3.25rem}
  .flow{grid-template-columns:1fr}
  .flow li,.flow li:first-child{display:grid;grid-template-columns:5.2rem 1fr;column-gap:.9rem;align-items:baseline;padding:.35rem 0;border-top:1px solid var(--line)}
  .flow li+li::before{content:none}
  .flow b{grid-row:span 2;font-size:1.3rem;text-align:right}
  .turn,.pair,.contrast{padding:1.1rem 1rem}
  .answers,.message,.files li{grid-template-columns:minmax(0,1fr)}
  .files small{text-align:left}
  .meanings dl{columns:1}
  .comparison{font-size:.85rem}
  .comparison small{display:block;line-height:1.3;font-size:.72rem}
  .comparison th:first-child{padding-right:.3rem}
  .comparison td+td,.comparison thead th+th+th{padding-left:.35rem}
  .matrix,.matrix tbody,.matrix thead{display:block}
  .matrix tr{display:flex;flex-wrap:wrap;gap:.1rem .3rem;padding:.35rem 0 .5rem;align-items:center}
  .matrix thead tr{padding:0}
  .matrix thead th:first-child{display:none}
  .matrix tbody th{flex:0 0 100%;padding:0;min-width:0}
  .matrix th,.matrix thead th,.matrix td{width:auto;padding:0}
  .matrix thead th:not(.score),.matrix td.verdict{flex:0 0 1.75rem;min-width:0}
  .matrix .score{flex:1 0 2.5rem;width:auto}
}
@media print{
  :root{color-scheme:light;${variables("light")}}
  body{max-width:none;padding:0;font-size:9.5pt}
  nav,.skip{display:none}
  section{margin-top:2rem}
  .card,.answers section,.reading,.cases>div,.comparison,.heeded,.result figure,.course figure{break-inside:avoid}
  .pair,.turn,.contrast{break-inside:auto}
  .sign,ins,.reversal,.margin,.swatch{-webkit-print-color-adjust:exact;print-color-adjust:exact}
  .matrix details::details-content{content-visibility:visible;block-size:auto}
}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}*{transition:none!important}}
`;
