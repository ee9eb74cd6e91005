// The configuration of a self-hosted relay, in the language of `workerd serve`.

/** A module of the bundle; the first one is the entry. */
export interface WorkerModule {
  readonly name: string;
  readonly kind: "esModule" | "text" | "data";
}

/** What the Worker is made of. */
export interface SelfHosted {
  readonly modules: readonly WorkerModule[];
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Classes of Durable Objects by the names of their bindings. */
  readonly objects: Readonly<Record<string, string>>;
  /** Plain values, as in wrangler.toml. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Names of environment variables that hold secrets. */
  readonly secrets: readonly string[];
  /** Whether the Worker may call addresses of private networks. */
  readonly allowPrivate: boolean;
}

/**
 * What the objects of a class are stored under. It is the same as with `wrangler dev` of a Worker
 * named jobrelay, and it never changes: with another one no object would find its data.
 */
const uniqueKey = (className: string): string => `jobrelay-${className}`;

/** Text as Cap'n Proto reads it: JSON's escapes are a subset of its own. */
const text = (value: string): string => JSON.stringify(value);

const list = (entries: readonly string[]): string =>
  entries.length === 0 ? "[]" : `[\n    ${entries.join(",\n    ")}\n  ]`;

/**
 * The configuration's text. The socket is `http`, the directories are `objects` and `assets`: all
 * three may be set on the command line of `workerd serve`.
 */
export function configurationText(relay: SelfHosted): string {
  const bindings = [
    ...Object.entries(relay.objects).map(
      ([name, target]) => `(name = ${text(name)}, durableObjectNamespace = ${text(target)})`,
    ),
    ...Object.entries(relay.vars).map(([name, value]) =>
      typeof value === "string"
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...relay.secrets.map((name) => `(name = ${text(name)}, fromEnvironment = ${text(name)})`),
    '(name = "ASSETS", service = "assets")',
  ];
  const modules = relay.modules.map(
    ({ name, kind }) => `(name = ${text(name)}, ${kind} = embed ${text(`worker/${name}`)})`,
  );
  const namespaces = Object.values(relay.objects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(uniqueKey(name))}, enableSql = true)`,
  );
  const allowed = relay.allowPrivate ? '"public", "private"' : '"public"';
  return `using Workerd = import "/workerd/workerd.capnp";

# Written by \`npm run build:workerd\`; a change here is lost with the next build.
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .relay),
    (name = "internet", network = (
      allow = [${allowed}],
      tlsOptions = (trustBrowserCas = true)
    )),
    (name = "objects", disk = (path = "data", writable = true)),
    (name = "assets", disk = (path = "assets"))
  ],
  sockets = [ (name = "http", address = "127.0.0.1:8787", http = (), service = "main") ]
);

const relay :Workerd.Worker = (
  modules = ${list(modules)},
  compatibilityDate = ${text(relay.compatibilityDate)},
  compatibilityFlags = ${list(relay.compatibilityFlags.map(text))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "objects"),
  globalOutbound = "internet"
);
`;
}
