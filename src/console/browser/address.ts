// Addresses inside the console: `#/jobs/{source}/{guid}?status=failed`, read and written.

/** The screens, in the order of the navigation. */
export const SCREENS = ["jobs", "deliveries", "subscribers", "sources", "rules"] as const;
export type Screen = (typeof SCREENS)[number];

/** Where the operator is: a screen, what is open on it, and its filters. */
export interface Place {
  readonly screen: Screen;
  readonly path: readonly string[];
  readonly filters: Readonly<Record<string, string>>;
}

const HOME: Place = { screen: "jobs", path: [], filters: {} };

const isScreen = (name: string): name is Screen => SCREENS.some((screen) => screen === name);

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads an address; what is none is the list of jobs. */
export function placeOf(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [screen = "", ...rest] = path.split("/").map(decoded);
  if (!isScreen(screen)) return HOME;
  return {
    screen,
    path: rest.filter((part) => part !== ""),
    filters: Object.fromEntries(new URLSearchParams(query)),
  };
}

/** Writes an address. Empty filters are left out. */
export function hashOf(
  screen: Screen,
  path: readonly string[] = [],
  filters: Place["filters"] = {},
): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return `#/${[screen, ...path].map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}
