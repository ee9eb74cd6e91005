// Commands to paste into a terminal. They name a token by its variable, never by its value.

/** A text in single quotes of a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Reads a path of the API. */
export const readCommand = (origin: string, path: string): string =>
  `curl -sS ${quoted(`${origin}${path}`)} \\\n  -H "authorization: Bearer $JOBRELAY_TOKEN"`;

/** Posts a body as a delivery does; headers that prove the sender are left out. */
export function postCommand(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = { "content-type": "application/json" },
): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `  -H ${quoted(`${name}: ${value}`)} \\`,
  );
  return [`curl -sS -X POST ${quoted(url)} \\`, ...lines, `  --data-raw ${quoted(body)}`].join(
    "\n",
  );
}

/** Headers without those that hide a secret, which a command could not send. */
export const withoutMasked = (
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => !value.includes("***")));
