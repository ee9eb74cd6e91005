/** @jsxImportSource preact */
// A payload: closed until somebody wants to read it.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Copy } from "./buttons.tsx";

/** JSON as it reads best; other text as it is. */
export function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** A payload under its name. */
export function Payload({
  name,
  text,
  open = false,
}: {
  readonly name: string;
  readonly text: string;
  readonly open?: boolean;
}): JSX.Element {
  const [shown, show] = useState(open);
  return (
    <details
      class="payload"
      open={shown}
      onToggle={(event: { readonly currentTarget: { readonly open: boolean } }) =>
        show(event.currentTarget.open)
      }
    >
      <summary>{name}</summary>
      {shown ? (
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
