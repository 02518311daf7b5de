import fs, {
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readManifests } from './documents';
import { inRepository } from './placeOf';

const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
/** A folder with these files. */
function having(files: Record<string, string | Buffer>): string {
  count += 1;
  const made = join(folder, String(count));
  mkdirSync(made);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true });
    writeFileSync(join(made, name), text);
  }
  return made;
}

const NAMED = (name: string) => `metadata:\n  name: ${name}\n`;
const namesIn = (...paths: string[]) =>
  readManifests(paths).documents.map(({ file, value }: any) => [
    file.slice(folder.length + 1).replace(/^\d+\//, ''),
    value.metadata.name,
  ]);

describe('what is read', () => {
  it('is a file that is named, and YAML and JSON of folders', () => {
    const at = having({
      'a.yaml': `${NAMED('one')}---\n${NAMED('two')}`,
      'deep/er/b.yml': NAMED('three'),
      'deep/c.json': '{"metadata":{"name":"four"}}',
      'README.md': NAMED('no'),
      'named.txt': NAMED('five'),
      '.git/d.yaml': NAMED('no'),
      'node_modules/x/e.yaml': NAMED('no'),
    });
    expect(namesIn(at)).toEqual([
      ['a.yaml', 'one'],
      ['a.yaml', 'two'],
      ['deep/c.json', 'four'],
      ['deep/er/b.yml', 'three'],
    ]);
    expect(namesIn(join(at, 'named.txt'))).toEqual([['named.txt', 'five']]);
    expect(namesIn(join(at, 'a.yaml'), at, at)).toHaveLength(4);
  });

  it('is nothing outside: symbolic links of files and folders are not followed', () => {
    const outside = having({ 'secret.yaml': NAMED('outside') });
    const at = having({ 'a.yaml': NAMED('inside') });
    symlinkSync(join(outside, 'secret.yaml'), join(at, 'b.yaml'));
    symlinkSync(outside, join(at, 'more'));
    expect(namesIn(at)).toEqual([['a.yaml', 'inside']]);
    for (const name of ['b.yaml', 'more']) {
      expect(() => namesIn(join(at, name))).toThrow(
        'is a symbolic link, which is not followed',
      );
    }
  });

  it('is no binary file, and none that is huge', () => {
    const at = having({
      'a.yaml': Buffer.from([0x61, 0, 0x62]),
      'b.yaml': `# ${'x'.repeat(4 * 1024 * 1024)}`,
      'c.yaml': NAMED('one'),
    });
    expect(namesIn(at)).toEqual([['c.yaml', 'one']]);
    for (const name of ['a.yaml', 'b.yaml']) {
      expect(() => namesIn(join(at, name))).toThrow('is no text file');
    }
  });

  it('is not what is not there', () => {
    for (const path of [join(folder, 'none'), '']) {
      expect(() => readManifests([path])).toThrow(
        /^--manifests .* cannot be read: ENOENT/,
      );
    }
  });

  it.each(['/', '//', '/.', '/./'])(
    'is no folder that a symbolic link with %s names',
    end => {
      const at = having({});
      symlinkSync(having({ 'a.yaml': NAMED('x') }), join(at, 'more'));
      expect(() => namesIn(`${at}/more${end}`)).toThrow(
        'is a symbolic link, which is not followed',
      );
      expect(namesIn(having({ 'a.yaml': NAMED('one') }) + end)).toEqual([
        ['a.yaml', 'one'],
      ]);
    },
  );

  it('is no file of a folder that cannot be read, which a sentence says', () => {
    const at = having({ 'a.yaml': NAMED('one'), 'b.yaml': NAMED('two') });
    const path = join(at, 'a.yaml');
    const open = fs.openSync;
    const opening = jest.spyOn(fs, 'openSync').mockImplementation((...args) => {
      // Someone puts a link there once the folder is listed.
      if (args[0] === path) {
        rmSync(path);
        symlinkSync('b.yaml', path);
      }
      return open(...args);
    });
    try {
      expect(readManifests([at])).toEqual({
        documents: [expect.objectContaining({ file: join(at, 'b.yaml') })],
        unread: [`${path} cannot be read: ELOOP.`],
      });
    } finally {
      opening.mockRestore();
    }
  });

  it('is no folder in one that cannot be read, which a sentence says', () => {
    const at = having({ 'a.yaml': NAMED('one'), 'in/b.yaml': NAMED('two') });
    const list = fs.readdirSync;
    const listing = jest.spyOn(fs, 'readdirSync').mockImplementation(((
      path: string,
      options: any,
    ) => {
      if (path === join(at, 'in')) rmSync(path, { recursive: true });
      return list(path, options);
    }) as typeof list);
    try {
      expect(readManifests([at])).toEqual({
        documents: [expect.objectContaining({ file: join(at, 'a.yaml') })],
        unread: [`${join(at, 'in')} cannot be read: ENOENT.`],
      });
    } finally {
      listing.mockRestore();
    }
  });

  it('is at most 64 MB together, and a sentence says what is left out', () => {
    const large = `${NAMED('one')}# ${'x'.repeat(4 * 1024 * 1024 - 50)}`;
    const names = Array.from(
      { length: 18 },
      (_, index) => `${10 + index}.yaml`,
    );
    const at = having(Object.fromEntries(names.map(name => [name, large])));
    const { documents, unread } = readManifests([at]);
    expect(documents).toHaveLength(16);
    expect(unread).toEqual([
      `${join(
        at,
        '26.yaml',
      )} and what comes after it in the folders is not read: the manifests have more than 64 MB together. Name less.`,
    ]);
    expect(() => readManifests(names.map(name => join(at, name)))).toThrow(
      `--manifests ${join(
        at,
        '26.yaml',
      )} and the files that are named before it have more than 64 MB together. Name less.`,
    );
  });

  it('is a key that is there twice by the last, with its line', () => {
    const at = having({ 'a.yaml': 'a: 1\nb: 2\na: 3\n' });
    const [{ value, lineOf }] = readManifests([at]).documents;
    expect(value).toEqual({ a: 3, b: 2 });
    expect(lineOf(['a'])).toBe(3);
  });
});

describe('what is not YAML', () => {
  const TEMPLATE = '{{- if .Values.on }}\nkind: Pod\n{{- end }}\n';

  it.each([
    [
      'a template of Helm',
      TEMPLATE,
      'is a template (it has "{{"), which is not read: name what "helm template" makes of it.',
    ],
    [
      'broken',
      'a: 1\nkey: [hidden\nb: 2\n',
      'is not YAML: line 3 has an error (BAD_INDENT).',
    ],
    [
      'an alias of nothing',
      'password: *hidden\n',
      'cannot be read as YAML: an alias names nothing, or aliases would make it too large.',
    ],
    [
      'a header of a block',
      'a: 1\npassword: |hidden\n',
      'is not YAML: line 2 has an error (UNEXPECTED_TOKEN).',
    ],
    [
      'a tag',
      'password: !hidden!x\n',
      'is not YAML: line 1 has an error (TAG_RESOLVE_FAILED).',
    ],
    [
      'a bomb',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
        .split('')
        .map((one, index) => {
          const of = `*${'abcdefg'[index]}`;
          return `${one}: &${one} [${Array(9).fill(of).join(', ')}]\n`;
        })
        .join('')}`,
      'cannot be read as YAML: an alias names nothing, or aliases would make it too large.',
    ],
  ])(
    '%s: is an error by its name, and a sentence of a folder',
    (_, text, said) => {
      const at = having({ 'a.yaml': text, 'b.yaml': NAMED('one') });
      const path = join(at, 'a.yaml');
      expect(() => readManifests([path])).toThrow(
        `--manifests ${path} ${said}`,
      );
      const { documents, unread } = readManifests([at]);
      expect(documents).toHaveLength(1);
      expect(unread).toEqual([expect.stringContaining(`${path} ${said}`)]);
      expect(unread[0]).not.toMatch(/\n|hidden/);
    },
  );
});

it('gives no warning, which would quote the file', () => {
  const warning = jest.spyOn(process, 'emitWarning').mockReturnValue();
  try {
    readManifests([having({ 'a.yaml': '? [hidden]\n: 1\n' })]);
    expect(warning.mock.calls).toEqual([]);
  } finally {
    warning.mockRestore();
  }
});

describe('the line of a place', () => {
  const TEXT = `# first
a: 1
---

metadata:
  name: web
  labels:
    "x/y": z
spec:
  list:
    - name: one
    -
      name: two
    - { name: three,
        value: 3 }
  <<: &more
    merged: 1
  again: *more
`;
  const at = having({ 'a.yaml': TEXT });
  const [, second] = readManifests([at]).documents;

  it.each([
    [[], 5],
    [['metadata'], 5],
    [['metadata', 'name'], 6],
    [['metadata', 'labels', 'x/y'], 8],
    [['spec', 'list', 0], 11],
    [['spec', 'list', 1], 13],
    [['spec', 'list', 2, 'value'], 15],
    [['spec', 'again', 'merged'], 17],
    [['spec', 'list', 9], 10],
    [['spec', 'none', 'deeper'], 9],
  ])('%j is %d', (path, line) => {
    expect(second.lineOf(path)).toBe(line);
  });

  it('counts from the begin of the file in a list of objects', () => {
    const list = having({
      'l.yaml': `kind: List\nitems:\n  - ${NAMED('one').replaceAll(
        '\n',
        '\n    ',
      )}\n  - metadata: { name: two }\n`,
    });
    const { documents } = readManifests([list]);
    expect(documents.map(({ lineOf }) => lineOf(['metadata', 'name']))).toEqual(
      [4, 6],
    );
  });
});

it('names a file as the repository has it', () => {
  const env = { GITHUB_WORKSPACE: '/repo' };
  expect(inRepository('/repo/deploy/a.yaml', env)).toBe('deploy/a.yaml');
  expect(inRepository('/repository/a.yaml', env)).toBe('/repository/a.yaml');
  expect(inRepository('/repo/b.yaml', { CI_PROJECT_DIR: '/repo' })).toBe(
    'b.yaml',
  );
  expect(inRepository('./deploy/../c.yaml', {})).toBe('c.yaml');
});
