/** @jsxImportSource preact */
// What the rules say about an event: who would get it, and why each rule matched or did not.

import type { JSX } from "preact";
import type { Simulation } from "../api/wire.ts";
import { hashOf } from "../browser/address.ts";

/** The reason as a sentence. */
const whyText = (matches: boolean, why: string): string =>
  matches && why === "matches"
    ? "Every condition holds."
    : `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;

export const Result = ({ result }: { readonly result: Simulation }): JSX.Element => (
  <section class="card result" aria-label="Result" aria-live="polite">
    <h2>
      {result.deliveries.length === 0
        ? "Nobody would get it"
        : `It would go to ${result.deliveries.map(({ subscriber }) => subscriber).join(", ")}`}
    </h2>
    {result.deliveries.length === 0 ? null : (
      <ul class="lines">
        {result.deliveries.map(({ subscriber, format }) => (
          <li key={subscriber}>
            <a href={hashOf("subscribers", [subscriber])}>{subscriber}</a>
            <span class="soft">as {format}</span>
          </li>
        ))}
      </ul>
    )}
    {result.rules.length === 0 ? (
      <p class="soft">No rule is configured, so every event goes to every subscriber.</p>
    ) : (
      <ul class="rules">
        {result.rules.map(({ id, matches, why }) => (
          <li key={id}>
            <span class={matches ? "chip done" : "chip quiet"}>
              {matches ? "Matches" : "No match"}
            </span>
            <strong>{id}</strong>
            <span class="soft" dir="auto">
              {whyText(matches, why)}
            </span>
          </li>
        ))}
      </ul>
    )}
  </section>
);
