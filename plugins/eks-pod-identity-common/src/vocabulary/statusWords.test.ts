import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { identityStatusSchema } from './identityStatus';
import { STATUS_WORDS } from './statusWords';

/** Where the API has what is no status. */
const FIELDS: Record<string, string> = {
  verifying: 'verifying',
  removing: 'change',
  stale: 'stale',
};

it('is explained in the documentation, word by word', () => {
  const page = readFileSync(
    resolve(__dirname, '../../../../docs/index.md'),
    'utf8',
  );
  const rows = page
    .slice(page.indexOf('## What the statuses mean'))
    .split('\n\n')[2]
    .split('\n')
    .filter(line => line.startsWith('|'))
    .slice(2)
    .map(line =>
      line
        .split('|')
        .map(cell => cell.trim())
        .slice(1, -1),
    );
  expect(rows).toEqual(
    Object.entries(STATUS_WORDS).map(([key, { word, meaning }]) => [
      word,
      identityStatusSchema.safeParse(key).success
        ? `\`status: ${key}\``
        : `\`${FIELDS[key]}\``,
      meaning,
    ]),
  );
});
