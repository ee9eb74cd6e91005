// The look of the element, which a page changes on the element itself, by `::part(bar)`, and by
// variables.

/**
 * The element is the track, which hides what is below the bar. A bar without a number, whose style
 * is empty, moves to and fro; where that is not wanted it stands in the middle, where no amount
 * begins.
 */
export const STYLE = [
  ":host{display:inline-block;overflow:hidden;forced-color-adjust:none;width:10em;height:.6em;border-radius:6em;background:#8886}",
  '[style=""]{animation:a 1s infinite alternate;margin:auto}',
  "@keyframes a{0%{margin:0}to{margin:0 70%}}",
  "div{height:100%;width:30%;background:var(--job-progress-color,#2869e6)}",
  "[part~=error]{animation:none;background:#c62828}",
  "@media(prefers-reduced-motion){[part]{animation:none}}",
].join("");
