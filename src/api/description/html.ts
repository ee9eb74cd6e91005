// Text as HTML: nothing of a description is taken for markup, but for code between backticks.

/** Text in HTML. */
export const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

/** Prose in HTML: what stands between backticks is code. */
export const prose = (text: string): string =>
  escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");

/** A document as indented JSON in HTML. */
export const json = (value: unknown): string =>
  `<pre tabindex="0"><code>${escaped(JSON.stringify(value, null, 2))}</code></pre>`;

/** A page of the reference; `title` and `body` are HTML. */
export const pageOf = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
${body}
</body>
</html>
`;

/** The style of these pages. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ink: light-dark(#1b1f24, #e6e8eb);
  --quiet: light-dark(#57606a, #9aa4af);
  --line: light-dark(#d0d7de, #343b44);
  --page: light-dark(#ffffff, #14171b);
  --panel: light-dark(#f6f8fa, #1c2127);
  --link: light-dark(#0a58ca, #6ea8fe);
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.3rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
pre { margin: 0.5rem 0; padding: 0.75rem; overflow-x: auto; background: var(--panel);
  border: 1px solid var(--line); border-radius: 6px; }
nav ul { columns: 14rem; padding-left: 1.2rem; }
details { margin: 0.5rem 0; border: 1px solid var(--line); border-radius: 6px; }
details > :not(summary) { margin-left: 0.75rem; margin-right: 0.75rem; }
summary { padding: 0.5rem 0.75rem; cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
.quiet { color: var(--quiet); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
th, td { padding: 0.35rem 0.6rem 0.35rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { font-weight: 600; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
`;
