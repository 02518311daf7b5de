import { z } from 'zod/v3';
import { object } from './schema';

interface Report {
  id: string;
  fix?: { cause: string; rerun?: boolean };
  checks: Array<{ name: string; observed?: string }>;
}

const text = z.string();
const fix = z.object({ cause: text, rerun: z.boolean().optional() });
const checks = z.array(z.object({ name: text, observed: text.optional() }));

describe('object', () => {
  it('does not compile while a field is forgotten, is one too many, or is optional on one side alone', () => {
    const complete = object<Report>({ id: text, fix: fix.optional(), checks });
    expect(complete.parse({ id: 'r', checks: [], more: 1 })).toEqual({
      id: 'r',
      checks: [],
    });
    // @ts-expect-error fix is forgotten
    object<Report>({ id: text, checks });
    // @ts-expect-error a report has no title
    object<Report>({ id: text, title: text, fix: fix.optional(), checks });
    // @ts-expect-error fix is optional
    object<Report>({ id: text, fix, checks });
    const hasty = z.object({ cause: text }).optional();
    // @ts-expect-error rerun of the fix is forgotten
    object<Report>({ id: text, fix: hasty, checks });
    const nameless = z.array(z.object({ name: text }));
    // @ts-expect-error observed of a check is forgotten
    object<Report>({ id: text, fix: fix.optional(), checks: nameless });
  });
});
