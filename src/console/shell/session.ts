// What every screen may use: the API with the operator's token, and short messages.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Api } from "../api/request.ts";

export interface Session {
  readonly api: Api;
  /** Shows a short message about something that was done, or why it was not. */
  readonly say: (text: string, failed?: boolean) => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("no session");
  return session;
}

/** Runs something that acts, and says what came of it. */
export function useAct(): (act: () => Promise<string>) => void {
  const { say } = useSession();
  const run = async (act: () => Promise<string>): Promise<void> => {
    try {
      say(await act());
    } catch (error) {
      say(error instanceof Error ? error.message : "Something went wrong.", true);
    }
  };
  return (act) => void run(act);
}
