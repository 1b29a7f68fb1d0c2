"""How a report looks: on a screen in light and dark, and on paper."""

from __future__ import annotations

STYLE = """
:root { --text: #1b1f24; --muted: #5c6570; --ground: #ffffff; --line: #d9dee4; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ee; --muted: #9aa4b0; --ground: #1a1d21; --line: #363c44; }
}
@media print { :root { --text: #000; --muted: #444; --ground: #fff; --line: #ccc; } section { break-inside: avoid; } }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 24px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 32px 0 8px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--muted); font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: 20px; }
figure { margin: 0; flex: 1 1 480px; max-width: 560px; } figcaption { font-weight: 600; }
svg { width: 100%; height: auto; } svg text { font-size: 12px; fill: var(--muted); }
svg .strong { font-weight: 600; fill: var(--text); } svg .edge { stroke: var(--line); stroke-width: 0.6; fill: none; }
svg .unit { fill: #0072b2; } svg .input, svg .dot { fill: var(--muted); } svg .tick { stroke: var(--muted); }
svg.wide { max-width: 820px; } svg.map { max-width: 640px; display: block; }
svg .grid { stroke: var(--line); stroke-width: 1; }
.legend { margin: 2px 0; color: var(--muted); } .legend span { margin-right: 16px; }
.legend i { display: inline-block; width: 22px; margin-right: 6px; vertical-align: middle; }
code { overflow-wrap: anywhere; }
footer { margin-top: 40px; color: var(--muted); font-size: 13px; }
""".strip()
