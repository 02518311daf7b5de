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

export const QUANTITY_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

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
