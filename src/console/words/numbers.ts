// How the console writes numbers.

const NUMBER = new Intl.NumberFormat("en");

/** `1,500` */
export const number = (value: number): string => NUMBER.format(value);

/** `97 %`; one digit more close to the ends, so that `100 %` means every one. */
export function percent(share: number): string {
  const exact = share * 100;
  if (exact > 99 && exact < 100) return `${(Math.floor(exact * 10) / 10).toFixed(1)} %`;
  return `${Math.round(exact)} %`;
}

/** `1 delivery`, `12 deliveries`. */
export const count = (value: number, one: string, many: string = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;
