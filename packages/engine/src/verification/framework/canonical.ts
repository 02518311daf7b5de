import { createHash } from 'node:crypto';

/** A copy of JSON data whose keys are sorted and that has none that is undefined. */
function canonical(value: unknown): unknown {
  if (!value || typeof value !== 'object') return value;
  if (value instanceof Date) return value.toJSON();
  if (Array.isArray(value)) return value.map(canonical);
  // A key may be called __proto__
  const sorted: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) {
    const inner = (value as Record<string, unknown>)[key];
    if (inner !== undefined) sorted[key] = canonical(inner);
  }
  return sorted;
}

/** SHA-256, hexadecimal, of JSON with sorted keys and without undefined, so that equal data give equal text. It is stored. @public */
export function hashOf(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex');
}
