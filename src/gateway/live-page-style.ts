/** The looks of the live page: one column, by day and by night, from the smallest phone up. */
export const livePageStyle = `
:root{--page:#f5f5fa;--card:#fff;--ink:#1d1c2b;--quiet:#62617a;--line:#e4e3ef;--accent:#5b4bd6;--good:#157a4a;--bad:#b3261e;
--bad-soft:#fdf0ef;--warn:#9a6200;--log:#17162a;--log-ink:#e6e5f5}
@media (prefers-color-scheme:dark){:root{--page:#11101b;--card:#1b1a29;--ink:#edecf7;--quiet:#a5a3bd;--line:#302e45;
--accent:#a598ff;--good:#5fd09b;--bad:#ff9a92;--bad-soft:#2c1b22;--warn:#efb85c;--log:#0b0a13;--log-ink:#dcdaf0}}
*{box-sizing:border-box}
html{background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
-webkit-text-size-adjust:100%}
body{margin:0}
main{max-width:44rem;margin:0 auto;padding:clamp(1rem,4vw,3rem) clamp(.75rem,4vw,1.5rem) 3rem}
h1,h2,p,ol,pre{margin:0}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
a{color:inherit;text-decoration-color:var(--accent);text-underline-offset:.2em}
a:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.quiet,.brand{color:var(--quiet);font-size:.875rem}
.brand{font-weight:600;letter-spacing:.01em;margin:0 0 1rem .25rem}
.brand span{color:var(--accent)}
#state{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:clamp(1.1rem,4vw,2rem);
box-shadow:0 1px 2px rgb(20 16 60/.04),0 8px 28px rgb(20 16 60/.06);overflow-wrap:anywhere}
header{display:grid;grid-template-columns:auto 1fr;column-gap:.75rem;align-items:center}
header p{grid-column:2;color:var(--quiet)}
h1{font-size:clamp(1.35rem,5vw,1.75rem);line-height:1.2;letter-spacing:-.015em}
.lamp{width:.8rem;height:.8rem;border-radius:50%;background:var(--accent)}
.busy .lamp{animation:breathe 1.6s ease-in-out infinite}
.failed .lamp{background:var(--bad)}.waiting .lamp{background:var(--warn)}.gone .lamp{background:var(--quiet)}.live .lamp{background:var(--good)}
.progress{margin-top:1.25rem}
.progress p{display:flex;justify-content:space-between;margin-top:.4rem;font-variant-numeric:tabular-nums}
progress{display:block;width:100%;height:.6rem;border:0;border-radius:1rem;overflow:hidden;background:var(--line);appearance:none}
progress::-webkit-progress-bar{background:var(--line);border-radius:1rem}
progress::-webkit-progress-value{background:var(--accent);border-radius:1rem;transition:inline-size .6s}
progress::-moz-progress-bar{background:var(--accent);border-radius:1rem}
.pull{margin-top:1.25rem;padding-top:1.1rem;border-top:1px solid var(--line)}
.title{font-weight:600}.title a{text-decoration:none}.title a:hover{text-decoration:underline}
.number{color:var(--quiet);font-weight:400}
.steps{list-style:none;padding:0;margin-top:1.1rem;border-top:1px solid var(--line)}
.steps li{display:grid;grid-template-columns:1.25rem 1fr auto;gap:.75rem;align-items:center;padding:.55rem 0;border-bottom:1px solid var(--line)}
.steps li:last-child{border-bottom:0;padding-bottom:0}
.name .note{display:block;color:var(--quiet);font-size:.8125rem}
.time{font-size:.875rem;font-variant-numeric:tabular-nums;text-align:right}
.time span{white-space:nowrap}
.time .quiet{display:block;font-size:.75rem}
.mark{width:1.15rem;height:1.15rem;border-radius:50%;border:2px solid var(--line);display:grid;place-items:center;color:var(--card);
font-size:.72rem;font-weight:700;line-height:1}
.waiting>.name,.leaving>.name{color:var(--quiet)}
.done .mark{background:var(--good);border-color:var(--good)}.done .mark::after{content:"\\2713"}
.steps .failed .mark{background:var(--bad);border-color:var(--bad)}.steps .failed .mark::after{content:"\\2715"}
.failed .name{font-weight:600}
.working .mark{border-color:var(--line);border-top-color:var(--accent);animation:turn 1s linear infinite}
.working .name{font-weight:600}.working .note{font-weight:400}
.migrations{margin-top:1.25rem;padding-top:1.1rem;border-top:1px solid var(--line)}
.migrations h2{font-size:1rem}.migrations h3{font-size:.875rem;color:var(--quiet);margin:.85rem 0 .25rem}
.migrations ul{margin:.4rem 0 0;padding-left:1.1rem}.migrations ul li{margin:.2rem 0}
.migrations ol{list-style:none;padding:0}.migrations ol li{padding:.45rem 0;border-top:1px solid var(--line)}
.migrations .time{display:block;text-align:left;color:var(--quiet)}.migrations code{font-size:.8125rem}
.failure{margin-top:1.25rem;background:var(--bad-soft);border-radius:12px;padding:1rem 1.1rem;border-left:4px solid var(--bad)}
.failure h2,#log h2{font-size:.9375rem;margin-bottom:.25rem}
.failure .hint{margin-top:.5rem}
pre{background:var(--log);color:var(--log-ink);border-radius:10px;padding:.9rem 1rem;font-size:.8125rem;line-height:1.55;overflow:auto;
max-height:22rem;white-space:pre-wrap;overflow-wrap:anywhere;tab-size:4}
.failure pre{margin-top:.85rem;max-height:none}
#log{margin-top:1.25rem}
#log h2{margin:0 0 .5rem .25rem;color:var(--quiet);font-weight:600}
.next{margin-top:1.25rem;color:var(--quiet);font-size:.9375rem}
.button{display:inline-block;margin-top:1.25rem;background:var(--accent);color:var(--card);border-radius:10px;padding:.6rem 1.1rem;
font-weight:600;text-decoration:none}
#offline{margin:1rem .25rem 0}
[hidden]{display:none!important}
@keyframes breathe{50%{opacity:.35;transform:scale(.8)}}
@keyframes turn{to{transform:rotate(1turn)}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
`;
