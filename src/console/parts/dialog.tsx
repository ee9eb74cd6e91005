/** @jsxImportSource preact */
// A modal question before something is done. The platform keeps the focus inside and gives it back.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Dialog } from "../browser/page.ts";

interface QuestionProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What the button that acts says. */
  readonly action: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onAct: () => void;
  readonly onClose: () => void;
}

export function Question(props: QuestionProps): JSX.Element {
  const { title, children, action, danger = false, disabled = false, onAct, onClose } = props;
  const dialog = useRef<Dialog>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const act = (event: { preventDefault(): void }): void => {
    event.preventDefault();
    dialog.current?.close();
    onAct();
  };
  return (
    <dialog ref={dialog as never} onClose={onClose} aria-labelledby={id}>
      <form onSubmit={act}>
        <h2 id={id}>{title}</h2>
        <div class="question">{children}</div>
        <div class="actions end">
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" class={danger ? "danger" : "primary"} disabled={disabled}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
