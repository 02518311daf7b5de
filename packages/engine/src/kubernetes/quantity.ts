const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};
/** Units of a sum, the largest that divides it first. */
const BINARY = ['Pi', 'Ti', 'Gi', 'Mi', 'Ki'];

/** Value of a Kubernetes quantity, `500m` or `64Mi`; undefined of any other text. */
export function quantityOf(text: string): number | undefined {
  const [, figure, unit] = /^(\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = FACTORS[unit ?? ''];
  return figure === undefined || factor === undefined
    ? undefined
    : Number(figure) * factor;
}

/** The sum of two quantities as Kubernetes takes it; undefined if one is none. */
export function addQuantities(one: string, other: string): string | undefined {
  const [a, b] = [quantityOf(one), quantityOf(other)];
  if (a === undefined || b === undefined) return undefined;
  // What is left of a fraction is a whole thousandth, but for what floating point adds.
  const thousandths = Math.ceil((a + b) * 1e3 - 1e-6);
  if (thousandths % 1000 !== 0) return `${thousandths}m`;
  const sum = thousandths / 1000;
  const unit = BINARY.find(name => sum > 0 && sum % FACTORS[name] === 0);
  return unit ? `${sum / FACTORS[unit]}${unit}` : `${sum}`;
}
