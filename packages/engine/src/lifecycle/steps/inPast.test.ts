import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { inPast } from './inPast';

const ROOT = join(__dirname, '..');

/** First words of what deeds say they do. */
function firstWords(): string[] {
  const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !/test|__/.test(file))
    .map(file => readFileSync(join(ROOT, file), 'utf8'));
  return sources.flatMap(source =>
    [
      ...source.matchAll(
        /(?:does: |[dD]eed\(\s*|InWords\([^)]*\): string \{\s*return )[`']([a-z]+) /g,
      ),
    ].map(([, word]) => word),
  );
}

describe('what a step did', () => {
  it('is said in the past', () => {
    expect(inPast('attach AmazonS3ReadOnlyAccess to api')).toBe(
      'Attached AmazonS3ReadOnlyAccess to api',
    );
  });

  it('has a word for every deed', () => {
    const words = [...new Set(firstWords())];
    expect(words.length).toBeGreaterThan(8);
    expect(
      words.filter(word => inPast(`${word} it`).startsWith('Done: ')),
    ).toEqual([]);
  });
});
