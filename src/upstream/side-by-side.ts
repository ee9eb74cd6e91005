// Works on several things at once, and on no more than that.

/** Runs `work` for each item, at most `most` at once; `goesOn` is asked before each. */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
  goesOn: () => boolean = () => true,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && goesOn(); item = left.shift())
      await work(item);
  };
  await Promise.all(Array.from({ length: most }, worker));
}
