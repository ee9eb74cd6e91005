/** @jsxImportSource preact */
// A progress bar of something that moves; with an unknown total, a segment that runs.

import type { JSX } from "preact";

export function Bar({
  name,
  share,
}: {
  readonly name: string;
  /** From 0 to 1; `null` when unknown. */
  readonly share: number | null;
}): JSX.Element {
  const percent = share === null ? null : Math.round(share * 100);
  const known =
    percent === null ? {} : { "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100 };
  return (
    <div
      class={percent === null ? "bar unknown" : "bar"}
      role="progressbar"
      aria-label={name}
      aria-valuetext={percent === null ? "running, total unknown" : `${percent} %`}
      {...known}
    >
      <div class="fill" style={{ transform: `scaleX(${share ?? 0.3})` }} />
    </div>
  );
}
