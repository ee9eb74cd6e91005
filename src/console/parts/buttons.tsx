/** @jsxImportSource preact */
// Buttons that copy, and links inside the console.

import type { ComponentChildren, JSX } from "preact";
import { copy } from "../browser/page.ts";
import { useSession } from "../shell/session.ts";

/** Copies a text and says so. */
export function Copy({
  text,
  children = "Copy",
}: {
  readonly text: string;
  readonly children?: ComponentChildren;
}): JSX.Element {
  const { say } = useSession();
  const press = (): void => {
    void copy(text).then((done) =>
      done ? say("Copied.") : say("The browser did not allow copying.", true),
    );
  };
  return (
    <button type="button" class="small" onClick={press}>
      {children}
    </button>
  );
}

/** A text that is there to be copied, with its button. */
export const Copyable = ({
  text,
  name,
}: {
  readonly text: string;
  readonly name: string;
}): JSX.Element => (
  <div class="copyable">
    <code tabIndex={0} role="textbox" aria-readonly="true" aria-label={name}>
      {text}
    </code>
    <Copy text={text} />
  </div>
);
