import { foreign, type ForeignText, toParse, untrusted } from './foreign';

const RAW = `\u001b[31ma\n::error::b password=geheim ${'c '.repeat(9_000)}`;

describe('text of others', () => {
  const text = untrusted(RAW)!;

  it('is one line without secrets once it was cleaned, and none too long', () => {
    const clean = foreign(text);
    expect(clean).toMatch(/^\[31ma ::error::b password=\[redacted\] c c/);
    expect(clean).toHaveLength(4_096);
    expect(toParse(text, 5)).toBe(RAW.slice(0, 5));
  });

  it.each([undefined, null, '', 7, {}, []])('is none where it is %j', value => {
    expect(untrusted(value)).toBeUndefined();
    expect(foreign(untrusted(value))).toBe('');
  });

  it('is no string to the compiler before', () => {
    const log = (line: string) => line;
    const uses: ((it: ForeignText) => unknown)[] = [
      // @ts-expect-error it is matched
      it => /a/.test(it),
      // @ts-expect-error it is searched
      it => it.includes('a'),
      // @ts-expect-error it is compared
      it => it === RAW,
      // @ts-expect-error it is logged
      it => log(it),
      // @ts-expect-error it is joined with another text
      it => `Kubernetes said ${it}`,
      // @ts-expect-error it is added to one
      it => 'Kubernetes said ' + it, // eslint-disable-line prefer-template
      // @ts-expect-error it stands where a report has a text
      (it): { message: string } => ({ message: it }),
    ];
    expect(uses.map(use => typeof use(text))).not.toContain('symbol');
  });
});
