/** The report's own style: readable on paper, in the dark and on a telephone. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1d2430; --dim: #667085; --page: #f6f7f9; --card: #fff; --line: #dfe3ea;
  --good: #137a4b; --bad: #c0362c; --latency: #7a3fd1; --backlog: #c26a00; --workers: #1767c2;
  --detect: #e0a100; --act: #1767c2; --verify: #2f9e6b; --shade: #c0362c14; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --dim: #98a2b3; --page: #12151b; --card: #1b2029; --line: #313846;
  --good: #4bc98a; --bad: #ff7a6e; --latency: #b58cff; --backlog: #ffad4d; --workers: #6fb1ff; --shade: #ff7a6e1f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 980px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { margin: 4px 0; font-size: 28px; } h2 { font-size: 18px; margin: 32px 0 8px; } h3 { margin: 0; font-size: 15px; }
header p { color: var(--dim); margin: 4px 0; }
.verdict { font-weight: 600; } .verdict.good, .number.good { color: var(--good); } .verdict.bad, .number.bad { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 14px; margin-top: 20px; }
.card, figure, .timeline { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: 16px 18px; } .card p { margin: 4px 0; color: var(--dim); }
.card .number { font-size: 34px; font-weight: 700; line-height: 1.2; font-variant-numeric: tabular-nums; }
.bar { display: flex; height: 10px; border-radius: 5px; overflow: hidden; gap: 2px; margin: 8px 0 4px; } .bar i { min-width: 3px; }
.bar .detect { background: var(--detect); } .bar .act { background: var(--act); } .bar .verify { background: var(--verify); }
.phases { font-size: 13px; display: flex; gap: 14px; flex-wrap: wrap; }
.phases span::before { content: ''; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 5px; }
.phases .detect::before { background: var(--detect); } .phases .act::before { background: var(--act); } .phases .verify::before { background: var(--verify); }
figure { margin: 0 0 12px; padding: 10px 12px 4px; } figcaption { font-size: 13px; color: var(--dim); }
svg { width: 100%; height: auto; display: block; } svg text { font-size: 11px; fill: var(--dim); font-family: inherit; }
.grid { stroke: var(--line); stroke-width: 1; } .moment { stroke: var(--dim); stroke-width: 1; stroke-dasharray: 2 3; opacity: .55; }
.limit { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 5 4; } text.limit { stroke: none; fill: var(--bad); }
rect.broken { fill: var(--shade); } .legend { color: var(--dim); font-size: 13px; }
.swatch { display: inline-block; width: 14px; height: 10px; background: var(--shade); border: 1px solid var(--line); }
.timeline { border-collapse: collapse; width: 100%; overflow: hidden; } .timeline td { padding: 6px 10px; border-top: 1px solid var(--line); }
.timeline tr:first-child td { border-top: 0; }
.timeline td:first-child { width: 90px; white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; color: var(--dim); }
.timeline td:nth-child(2) { width: 20px; padding: 0; } .timeline b { display: block; width: 9px; height: 9px; border-radius: 50%; background: var(--dim); margin: auto; }
.injected b { background: var(--latency); } .pending b, .received b { background: var(--detect); } .firing b, .failed b { background: var(--bad); }
.decided b, .acting b, .acted b { background: var(--act); } .verified b, .resolved b, .healed b, .back b { background: var(--verify); }
.healed td { font-weight: 600; }
@media print { body { background: none; } .card, figure, .timeline { break-inside: avoid; } }
`;
