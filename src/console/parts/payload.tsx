/** @jsxImportSource preact */
// A payload: closed until somebody wants to read it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Copy } from "./buttons.tsx";
import { Skeleton } from "./states.tsx";

/** A payload under its name. */
export function Payload({
  name,
  text,
  open = false,
  onOpen,
}: {
  readonly name: string;
  /** `null` while it is read. */
  readonly text: string | null;
  readonly open?: boolean;
  /** Called when it is opened. */
  readonly onOpen?: () => void;
}): JSX.Element {
  const [shown, show] = useState(open);
  return (
    <details
      class="payload"
      open={shown}
      onToggle={(event: { readonly currentTarget: { readonly open: boolean } }) => {
        show(event.currentTarget.open);
        if (event.currentTarget.open) onOpen?.();
      }}
    >
      <summary>{name}</summary>
      {shown && text === null ? <Skeleton rows={2} /> : null}
      {shown && text !== null ? (
        <div class="payload-text">
          <Copy text={text} />
          <pre tabIndex={0} role="region" aria-label={name} dir="ltr">
            {text}
          </pre>
        </div>
      ) : null}
    </details>
  );
}
