const SUFFIXES: Record<string, number> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const QUANTITY =
  /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]i?|[KMGTPE]i)?)$/;

/** Numeric value of a Kubernetes quantity (`100m`, `128Mi`, `1e3`); undefined when it is invalid. */
export function parseQuantity(text: unknown): number | undefined {
  const match = String(text).match(QUANTITY);
  if (!match) {
    return undefined;
  }
  const scale = match[2] ? 10 ** Number(match[2]) : SUFFIXES[match[3] ?? ''];
  return scale === undefined ? undefined : Number(match[1]) * scale;
}

const QUANTITY_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const FORM = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** Why a text is no quantity; undefined when it is one. */
export function quantityFault(text: string): string | undefined {
  if (parseQuantity(text) !== undefined) {
    return undefined;
  }
  const parts = FORM.exec(text);
  if (!parts) {
    return QUANTITY_FORMAT;
  }
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(parts[1])
    ? "unable to parse quantity's suffix"
    : 'unable to parse numeric part of quantity';
}

const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;

/** The amount in billionths, the smallest that Kubernetes keeps. */
function nanosOf(text: string): bigint {
  const [, sign, whole, part = '', exponent, suffix = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+)|([a-zA-Z]*))$/.exec(text)!;
  const digits = BigInt(`${whole}${part}` || '0');
  const power = Number(exponent ?? 0) - part.length + 9;
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix);
  const scaled =
    binary > 0
      ? digits * 1024n ** BigInt(binary)
      : digits * 1000n ** BigInt(Math.max(decimal - 3, 0));
  const down = decimal >= 0 && decimal < 3 ? (3 - decimal) * 3 : 0;
  const shift = power - down;
  const amount =
    shift >= 0
      ? scaled * 10n ** BigInt(shift)
      : (scaled + 10n ** BigInt(-shift) - 1n) / 10n ** BigInt(-shift);
  return sign === '-' ? -amount : amount;
}

/** A quantity as the API server writes it: `1000m` → `1`, `1024Mi` → `1Gi`, `0.5` → `500m`. */
export function canonicalQuantity(text: string): string {
  const nanos = nanosOf(text);
  const size = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  const isBinary = text.endsWith('i') && size >= 1024n * NANO;
  if (isBinary && size % NANO === 0n) {
    let amount = size / NANO;
    let step = 0;
    while (amount % 1024n === 0n && step < BINARY_SUFFIXES.length - 1) {
      amount /= 1024n;
      step += 1;
    }
    return `${sign}${amount}${BINARY_SUFFIXES[step]}`;
  }
  if (size === 0n) {
    return '0';
  }
  let amount = size;
  let step = 0;
  while (amount % 1000n === 0n && step < DECIMAL_SUFFIXES.length - 1) {
    amount /= 1000n;
    step += 1;
  }
  const exponent = (step - 3) * 3;
  const suffix = /[eE][+-]?\d+$/.test(text)
    ? exponent && `e${exponent}`
    : DECIMAL_SUFFIXES[step];
  return `${sign}${amount}${suffix || ''}`;
}

/** Formats a number like quota usage: whole if possible, CPU in milli, memory in the largest binary unit that fits. */
export function formatQuantity(value: number, resource: string): string {
  if (/cpu$/.test(resource) && !Number.isInteger(value)) {
    return `${Math.round(value * 1000)}m`;
  }
  if (/memory$|storage$/.test(resource)) {
    for (const unit of ['Gi', 'Mi', 'Ki']) {
      if (value > 0 && value % SUFFIXES[unit] === 0) {
        return `${value / SUFFIXES[unit]}${unit}`;
      }
    }
  }
  return String(value);
}
