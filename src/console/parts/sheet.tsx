/** @jsxImportSource preact */
// A sheet over the right side of a screen, on a phone over all of it. It takes the focus when it
// opens, and gives it back when it is closed by Escape, Close or Back.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { find, focused, onEscape, type Focusable } from "../browser/page.ts";

interface SheetProps {
  readonly title: ComponentChildren;
  /** The name for screen readers. */
  readonly name: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Sheet({ title, name, onClose, children }: SheetProps): JSX.Element {
  const heading = useRef<Focusable>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const before = focused();
    const address = before?.getAttribute("href") ?? null;
    heading.current?.focus({ preventScroll: true });
    const off = onEscape(() => close.current());
    return () => {
      off();
      // The row that opened the sheet may be drawn anew, or gone.
      const again = address === null ? null : find(`main a[href=${JSON.stringify(address)}]`);
      const back = before?.isConnected === true ? before : (again ?? find("main h1"));
      back?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <aside class="sheet" role="region" aria-label={name}>
      <header class="sheet-head">
        <button type="button" class="back" onClick={onClose} aria-label="Back">
          <span aria-hidden="true">‹</span> Back
        </button>
        <h2 tabIndex={-1} ref={heading as never}>
          {title}
        </h2>
        <button type="button" class="close icon" onClick={onClose} aria-label="Close">
          ✕
        </button>
      </header>
      <div class="sheet-body">{children}</div>
    </aside>
  );
}
