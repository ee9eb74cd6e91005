// The place that the address names, as state of the page.

import { useEffect, useState } from "preact/hooks";
import { address } from "./page.ts";
import { hashOf, placeOf, type Place } from "./address.ts";

/** The place, and a function that changes its filters without a step in the history. */
export function usePlace(): readonly [Place, (filters: Place["filters"]) => void] {
  const [hash, setHash] = useState(address.get());
  useEffect(() => address.listen(() => setHash(address.get())), []);
  const place = placeOf(hash);
  const filter = (filters: Place["filters"]): void => {
    const next = hashOf(place.screen, place.path, { ...place.filters, ...filters });
    address.replace(next);
    setHash(next);
  };
  return [place, filter];
}
