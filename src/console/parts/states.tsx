/** @jsxImportSource preact */
// What stands where a list would: nothing yet, still loading, or not readable.

import type { ComponentChildren, JSX } from "preact";

/** Says that there is nothing, and what to do next. */
export const Empty = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}): JSX.Element => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children === undefined ? null : <div class="empty-text">{children}</div>}
  </div>
);

/** Grey rows while a list is read for the first time. */
export const Skeleton = ({ rows = 6 }: { readonly rows?: number }): JSX.Element => (
  <div class="skeleton" role="status" aria-label="Loading">
    {Array.from({ length: rows }, (_, index) => (
      <div key={index} class="skeleton-row" />
    ))}
  </div>
);

/** Why something cannot be shown, with another try. */
export const Problem = ({
  text,
  retry,
}: {
  readonly text: string | null;
  readonly retry?: () => void;
}): JSX.Element | null =>
  text === null ? null : (
    <p class="problem" role="alert">
      <span>{text}</span>
      {retry === undefined ? null : (
        <button type="button" class="small" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  );
