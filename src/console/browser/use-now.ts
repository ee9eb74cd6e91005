// The time of now, for "3 min ago".

import { useEffect, useState } from "preact/hooks";
import { isHidden, onVisibility } from "./page.ts";

/** Time between two changes, in ms. */
const EVERY = 10_000;

/** Epoch milliseconds; renewed every ten seconds while the tab is shown. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const renew = (): void => {
      if (!isHidden()) setNow(Date.now());
    };
    const timer = setInterval(renew, EVERY);
    const off = onVisibility(renew);
    return () => {
      clearInterval(timer);
      off();
    };
  }, []);
  return now;
}
