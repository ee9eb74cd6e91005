/** @jsxImportSource preact */
// The console: sign-in, and the screens with their navigation.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { apiOf } from "../api/request.ts";
import type { ListOf, Source, Subscriber } from "../api/wire.ts";
import type { Place } from "../browser/address.ts";
import { hasAccess, savedToken } from "../browser/page.ts";
import { usePlace } from "../browser/use-place.ts";
import { usePoll } from "../browser/use-poll.ts";
import { DeliveriesScreen } from "../deliveries/screen.tsx";
import { JobsScreen } from "../jobs/screen.tsx";
import { RulesScreen } from "../rules/screen.tsx";
import { SourcesScreen } from "../sources/screen.tsx";
import { SubscribersScreen } from "../subscribers/screen.tsx";
import { badgesOf, type Badges } from "./badges.ts";
import { Navigation } from "./navigation.tsx";
import { SessionContext, useSession, type Session } from "./session.ts";
import { SignIn } from "./sign-in.tsx";

interface ScreenProps {
  readonly place: Place;
  readonly onFilter: (filters: Place["filters"]) => void;
}

/** The screen that the address names. */
function CurrentScreen({ place, onFilter }: ScreenProps): JSX.Element {
  switch (place.screen) {
    case "jobs":
      return <JobsScreen place={place} onFilter={onFilter} />;
    case "deliveries":
      return <DeliveriesScreen place={place} onFilter={onFilter} />;
    case "subscribers":
      return <SubscribersScreen place={place} />;
    case "sources":
      return <SourcesScreen place={place} />;
    case "rules":
      return <RulesScreen />;
  }
}

/** How long a message is shown, in ms. */
const SHOWN_FOR = 5_000;

interface Message {
  readonly text: string;
  readonly failed: boolean;
}

/** What needs somebody is counted again in this time, in ms. */
const BADGES_EVERY = 30_000;

function useBadges(): Badges {
  const { api } = useSession();
  const subscribers = usePoll(
    "badges",
    () => api.get<ListOf<Subscriber>>("/v1/subscribers"),
    BADGES_EVERY,
  );
  const sources = usePoll(
    "source-badges",
    () => api.get<ListOf<Source>>("/v1/sources"),
    BADGES_EVERY,
  );
  return badgesOf(subscribers.data?.items ?? [], sources.data?.items ?? []);
}

function Board({ onSignOut }: { readonly onSignOut: () => void }): JSX.Element {
  const [place, onFilter] = usePlace();
  const badges = useBadges();
  return (
    <div class="board">
      <Navigation current={place.screen} badges={badges} onSignOut={onSignOut} />
      <CurrentScreen place={place} onFilter={onFilter} />
    </div>
  );
}

/** Access is in front of the relay, but the relay does not know it. */
const NO_ACCESS = "Cloudflare Access does not open this relay. Sign in with the admin token.";

interface SignedInProps {
  readonly token: string;
  readonly onEnd: (reason: string | null) => void;
}

function SignedIn({ token, onEnd }: SignedInProps): JSX.Element {
  const [message, setMessage] = useState<Message | null>(null);
  const session = useMemo((): Session => {
    const say = (text: string, failed = false): void => {
      if (text !== "") setMessage({ text, failed });
    };
    return {
      api: apiOf(token, () =>
        onEnd(token === "" ? NO_ACCESS : "That token is wrong now. Sign in again."),
      ),
      say,
    };
  }, [token]);
  useEffect(() => () => session.api.close(), [session]);
  useEffect(() => {
    if (message === null) return undefined;
    const timer = setTimeout(() => setMessage(null), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [message]);
  return (
    <SessionContext.Provider value={session}>
      <Board onSignOut={() => onEnd(null)} />
      <p class={message?.failed === true ? "message failed" : "message"} role="status">
        {message?.text}
      </p>
    </SessionContext.Provider>
  );
}

/** The saved token; empty where Access vouches for the operator, `null` to ask for one. */
function startToken(): string | null {
  const saved = savedToken.get();
  return saved !== "" || hasAccess() ? saved : null;
}

export function App(): JSX.Element {
  const [token, setToken] = useState(startToken);
  const [reason, setReason] = useState<string | null>(null);
  const signIn = (given: string, stay: boolean): void => {
    savedToken.set(given, stay);
    setToken(given);
  };
  const end = (why: string | null): void => {
    savedToken.clear();
    setReason(why);
    setToken(null);
  };
  return token === null ? (
    <SignIn reason={reason} onToken={signIn} />
  ) : (
    <SignedIn token={token} onEnd={end} />
  );
}
