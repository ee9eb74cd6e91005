/** @jsxImportSource preact */
// A sentence of the relay, whose words in backticks are code.

import type { JSX } from "preact";

export const Sentence = ({ text }: { readonly text: string }): JSX.Element => (
  <>
    {text
      .split("`")
      .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))}
  </>
);
