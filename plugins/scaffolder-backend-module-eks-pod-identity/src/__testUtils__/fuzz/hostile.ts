import fc from 'fast-check';

/** Text that means something else to a database, a path, a shell, a template, a log or a comparison. */
const TEXTS = [
  '',
  ' ',
  '.',
  '..',
  '../..',
  '/',
  '\\',
  '%00',
  '%2e%2e%2f',
  '%',
  "' OR 1=1 --",
  '"; drop table operations; --',
  '*',
  '?',
  '#',
  '$(id)',
  '`id`',
  '--profile',
  '${{ secrets.token }}',
  '{{namespace}}',
  '\r\nx-injected: 1',
  '\u001b[2K',
  '\u2028',
  '\u202e',
  '\u0130',
  '\u212a',
  'ﬀ',
  'e\u0301',
  '𝒜',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'NaN',
  '-1',
  '1e309',
  '9007199254740993',
  '0000-00-00',
  '2026-02-30T25:61:61Z',
  '+275760-09-13T00:00:00.001Z',
  Buffer.from('["prod","payments","api","1"]').toString('base64url'),
  ...['1e400/x', '12', '12/', '/x', '[]', '[1,2,3,4]', 'null'].map(text =>
    Buffer.from(text).toString('base64url'),
  ),
];

/** What one database stores and another refuses. */
const UNSTORABLE = ['\0', 'payments\0', '\ud800', 'a\udfffb'];

/** At, below and above the limits of names, descriptions, ARNs and bodies. */
const LENGTHS = [63, 64, 65, 100, 101, 128, 129, 200, 201, 253, 254, 256, 257];
const LONG_LENGTHS = [512, 513, 1000, 1001, 2048, 2049, 20_000, 300_000];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 2, arbitrary: fc.constantFrom(...UNSTORABLE) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', '-', 'é', '\u{1f600}', '/'),
        fc.constantFrom(...LENGTHS),
      )
      .map(([character, length]) => character.repeat(length)),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...LONG_LENGTHS)
      .map(length => 'a'.repeat(length)),
  },
);

const nested = (depth: number, key?: string): unknown =>
  JSON.parse(
    key
      ? `${`{"${key}":`.repeat(depth)}1${'}'.repeat(depth)}`
      : `${'['.repeat(depth)}${']'.repeat(depth)}`,
  );

const OTHERS: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  [],
  {},
  [[]],
  [null],
  // As a parser makes it: a key of its own, not the prototype
  JSON.parse('{"__proto__":{"kind":"verify"},"constructor":{"prototype":{}}}'),
  { toString: 1, valueOf: 'x', toJSON: {}, length: 1e9, then: 1 },
  nested(31),
  nested(33, 'a'),
  nested(1_500, 'input'),
  nested(1_500),
  Array.from({ length: 3_000 }, () => 'x'),
];

/** What no field of ours wants, of every type. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
);
