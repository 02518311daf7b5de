import type { Collecting } from '../framework/collecting';
import { valueOf } from '../framework/fact';

/**
 * How long ago this identity last changed, milliseconds; undefined when no change is known. A time in the future
 * (clocks differ) counts as now.
 */
export async function sinceChange(c: Collecting): Promise<number | undefined> {
  const association = valueOf(await c.get('association'));
  const times = [
    c.request.changedAt,
    association?.modifiedAt,
    association?.createdAt,
  ].filter((time): time is number => time !== undefined);
  if (times.length === 0) return undefined;
  return Math.max(0, c.operation.clock.now() - Math.max(...times));
}
