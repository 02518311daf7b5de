import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { podIdentityTranslationRef } from './translation';
import { publicTranslationRef } from './publicTranslation';

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap(name => {
    const path = join(folder, name);
    if (name === '__testUtils__') return [];
    if (statSync(path).isDirectory()) return sources(path);
    return /(?<!\.test)\.tsx?$/.test(name) && !name.startsWith('translation')
      ? [readFileSync(path, 'utf8')]
      : [];
  });
}

const code = sources(__dirname).join('\n');

/** Messages as the framework stores them: keys with dots. */
const messages = (
  podIdentityTranslationRef as unknown as {
    getDefaultMessages(): Record<string, string>;
  }
).getDefaultMessages();
const keys = Object.keys(messages);
/** `a_one` and `a_other` are one key in the code. */
const plain = (key: string) => key.replace(/_(one|other)$/, '');

describe('the messages', () => {
  it('exist', () => {
    expect(keys.length).toBeGreaterThan(100);
    expect(code.length).toBeGreaterThan(10_000);
  });

  it('are all used: by their key, or by a key that is composed', () => {
    const prefixes = [...code.matchAll(/`((?:[a-zA-Z]+\.)+)\$\{/g)].map(
      ([, prefix]) => prefix,
    );
    const unused = keys.filter(
      key =>
        !code.includes(`'${plain(key)}'`) &&
        !prefixes.some(prefix => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it('have both plural forms or none', () => {
    const forms = (key: string) =>
      ['one', 'other'].filter(form => keys.includes(`${plain(key)}_${form}`));
    expect(
      keys.filter(key => key !== plain(key) && forms(key).length !== 2),
    ).toEqual([]);
  });

  it('are those that the package exports for translations', () => {
    expect(publicTranslationRef).toBe(podIdentityTranslationRef);
  });

  it('are the only texts: there are no sentences in the markup', () => {
    const texts = [...code.matchAll(/>\s*([A-Z][a-z]+(?: [a-z]+)+)\s*</g)].map(
      ([, text]) => text,
    );
    expect(texts).toEqual([]);
    const attributes = [
      ...code.matchAll(
        /\b(?:aria-label|title|label|placeholder)="([^"]*[a-z][^"]*)"/g,
      ),
    ].map(([, text]) => text);
    expect(attributes).toEqual([]);
  });
});
