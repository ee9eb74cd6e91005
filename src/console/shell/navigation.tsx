/** @jsxImportSource preact */
// The navigation: beside the screen, on a phone below it.

import type { JSX } from "preact";
import type { Badge, Badges } from "./badges.ts";
import { hashOf, SCREENS, type Screen } from "../browser/address.ts";

const NAMES: Readonly<Record<Screen, string>> = {
  jobs: "Jobs",
  deliveries: "Deliveries",
  subscribers: "Subscribers",
  sources: "Sources",
  rules: "Rules",
};

/** Outlines of 16 by 16. */
const ICONS: Readonly<Record<Screen, string>> = {
  jobs: "M3 4h10M3 8h7M3 12h4",
  deliveries: "M2 8h9M8 4.5 11.5 8 8 11.5M14 3v10",
  subscribers: "M3 12.5c0-2.5 2-4 5-4s5 1.5 5 4M8 6.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  sources: "M3 4.5h10v7H3zM5.5 8h5",
  rules: "M4 3v4l8 2v4M4 7v6M12 3v2",
};

interface NavigationProps {
  readonly current: Screen;
  readonly badges: Badges;
  readonly onSignOut: () => void;
}

/** The most that a badge counts. */
const MOST = 99;

const Mark = ({ badge }: { readonly badge: Badge | undefined }): JSX.Element | null =>
  badge === undefined || badge.count === 0 ? null : (
    <span class="badge" title={`${badge.count} ${badge.what}`}>
      {badge.count > MOST ? `${MOST}+` : badge.count}
      <span class="hidden"> {badge.what}</span>
    </span>
  );

export const Navigation = ({ current, badges, onSignOut }: NavigationProps): JSX.Element => (
  <nav aria-label="Screens">
    <p class="brand">
      <span class="mark" aria-hidden="true" />
      Jobrelay
    </p>
    <ul>
      {SCREENS.map((screen) => (
        <li key={screen}>
          <a href={hashOf(screen)} aria-current={screen === current ? "page" : undefined}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path d={ICONS[screen]} />
            </svg>
            <span>{NAMES[screen]}</span>
            <Mark badge={badges[screen]} />
          </a>
        </li>
      ))}
    </ul>
    <button type="button" class="quiet sign-out" onClick={onSignOut}>
      Sign out
    </button>
  </nav>
);
