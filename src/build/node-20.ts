// What Node 20 lacks and the command line uses; the package's bundle begins with it.

type Grouped<K, T> = (items: Iterable<T>, keyOf: (item: T, index: number) => K) => Map<K, T[]>;

const groupBy: Grouped<unknown, unknown> = (items, keyOf) => {
  const groups = new Map<unknown, unknown[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index);
    index += 1;
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

/** Sets what is missing, and nothing else. */
function fill(target: object, members: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(members))
    if (!(name in target)) Object.defineProperty(target, name, { value, configurable: true });
}

fill(Map, { groupBy });
fill(Object, {
  groupBy: (items: Iterable<unknown>, keyOf: (item: unknown, index: number) => PropertyKey) =>
    Object.fromEntries(groupBy(items, keyOf) as Map<PropertyKey, unknown[]>),
});
fill(URL, {
  parse: (url: string, base?: string) => (URL.canParse(url, base) ? new URL(url, base) : null),
});
fill(Promise, {
  withResolvers: () => {
    let settle: object = {};
    const promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    return { promise, ...settle };
  },
});
fill(Set.prototype, {
  union(this: Set<unknown>, other: Iterable<unknown>) {
    return new Set([...this, ...other]);
  },
});
