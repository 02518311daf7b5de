import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

const ROOT = resolve(__dirname, '../../..');
const read = (file: string) => readFileSync(resolve(ROOT, file), 'utf8');

const PAGES = globSync(
  [
    '*.md',
    'docs/**/*.md',
    'deploy/**/*.md',
    'packages/*/{,docs/}*.md',
    'plugins/*/*.md',
  ],
  { cwd: ROOT },
).filter(file => !/CHANGELOG|report/.test(file));

/** What the portal and the program say, and the comments beside it. */
const SOURCES = globSync(['{packages,plugins}/*/src/**/*.{ts,tsx}'], {
  cwd: ROOT,
}).filter(
  file => !/\.test\.|__|^packages\/(sandbox|trials|app|backend)\//.test(file),
);

/** Every key and every section above it, by the page that the stage `metadata` holds to config.d.ts. */
const [portal, cluster, accounts, guardrails] = read(
  'docs/configuration-reference.md',
)
  .split(/^## /m)
  .slice(1)
  .map(section =>
    [...section.matchAll(/^\| `([\w.]+)` *\| ([^|]*)/gm)].flatMap(
      ([, key, type]) => [
        ...key.split('.').map((_, end, all) => all.slice(0, end + 1).join('.')),
        // What is below one is not the portal's to name
        ...(/\bmaps?\b|\bduration\b/.test(type) ? [`${key}.*`] : []),
      ],
    ),
  );
const below = (section: string, keys: string[]) =>
  keys.map(key => `${section}.${key}`);
const inCluster = [...cluster, ...below('guardrails', guardrails)];
const inPortal = [
  ...portal,
  ...below('clusters', inCluster),
  // They have the settings of a cluster beside their own
  ...below('locators.accounts', [...inCluster, ...accounts]),
  ...below('guardrails', guardrails),
];

/** Pages also name the keys of a cluster and of guardrails without what is above them. */
const named = new Set([
  ...inPortal,
  ...inCluster,
  ...guardrails,
  // Of Backstage's own plugin
  'kubernetes.clusterLocatorMethods',
]);
const sections = new Set([...named].map(key => key.split('.')[0]));

/** Keys in the prose of a page that do not exist. */
const unknownIn = (text: string) =>
  [
    ...text.matchAll(
      /`(eksPodIdentity\.)?([a-zA-Z]+(?:\.(?:[a-zA-Z]+|\*))*)(?::[^`\n]*)?`/g,
    ),
  ]
    .filter(
      ([, prefix, key]) =>
        prefix || (key.includes('.') && sections.has(key.split('.')[0])),
    )
    .map(([, , key]) => key.replace(/\.\*$/, ''))
    .filter(key => !named.has(key));

/** Paths of what an example sets below the section. */
function pathsOf(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap(one => pathsOf(one, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const own = path ? `${path}.${key}` : key;
    return inPortal.includes(`${own}.*`)
      ? [own]
      : [own, ...pathsOf(inner, own)];
  });
}

/** Keys in the examples of a page that do not exist. */
const unknownInExamples = (text: string) =>
  [...text.matchAll(/^( *)```yaml\n([^]*?)^ *```$/gm)]
    .map(([, indent, yaml]) => yaml.replaceAll(`\n${indent}`, '\n').trim())
    .filter(yaml => /^eksPodIdentity:/m.test(yaml))
    .flatMap(yaml => pathsOf(parse(yaml).eksPodIdentity, ''))
    .filter(path => !inPortal.includes(path));

describe('the settings that pages and sentences name', () => {
  it('are found where they are wrong', () => {
    expect(
      unknownIn(
        '`sweep.frequency`, `eksPodIdentity.swep: 1`, `guardrails.probe.trust.*`, `s3.ls`, `sweep`',
      ),
    ).toEqual(['sweep.frequency', 'swep', 'guardrails.probe.trust']);
    expect(
      unknownInExamples(
        '  ```yaml\n  eksPodIdentity:\n    clusters:\n      - nam: a\n        probe: { commands: {} }\n  ```\n',
      ),
    ).toEqual(['clusters.nam', 'clusters.probe.commands']);
  });

  it('exist', () => {
    const unknown = [
      ...PAGES.flatMap(file => {
        const text = read(file);
        const keys = [...unknownIn(text), ...unknownInExamples(text)];
        return keys.map(key => `${file}: ${key}`);
      }),
      ...SOURCES.flatMap(file =>
        [
          ...read(file).matchAll(
            /(?<!search\.collators\.)eksPodIdentity\.([a-zA-Z]+(?:\.[a-zA-Z]+)*)/g,
          ),
        ]
          .filter(([, key]) => !inPortal.includes(key))
          .map(([, key]) => `${file}: ${key}`),
      ),
    ];
    expect(unknown).toEqual([]);
    expect(PAGES).toEqual(
      expect.arrayContaining(['README.md', 'docs/operations.md']),
    );
  });

  it('are declared as Red Hat Developer Hub takes them: its export refuses a config.d.ts that declares more than Config', () => {
    const declared = globSync('plugins/*/config.d.ts', { cwd: ROOT }).flatMap(
      file => [
        ...read(file).matchAll(/^(?:export )?(?:type|interface) (\w+)/gm),
      ],
    );
    expect(declared.map(([, name]) => name)).toEqual(['Config', 'Config']);
  });
});
