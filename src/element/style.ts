// The look of the element, which a page changes on the element itself, by `::part(bar)`, and by
// variables.

/**
 * The element is the track, which hides what is below the bar. A bar without a number, whose style
 * is empty, moves to and fro.
 */
export const STYLE = [
  ":host{display:inline-block;width:10em;height:.6em;overflow:hidden;border-radius:1em;background:#8886}",
  "div{height:100%;width:30%;background:var(--job-progress-color,#2869e6)}",
  '@media(prefers-reduced-motion:no-preference){[style=""]{animation:a 1s infinite alternate}}',
  "[part~=error]{background:#c62828;animation:none}",
  "@keyframes a{to{margin:0 70%}}",
].join("");
