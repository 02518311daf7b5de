import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { subset } from 'semver';

/** Under which what is bundled may be passed on. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Python-2.0',
];

const LICENSE = /^(licen[cs]e|notice|copying)(\.\w+|-\w+)?$/i;

/** The manifest of the package that a file belongs to, and its folder. */
function packageOf(file) {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    const path = join(at, 'package.json');
    // A folder of a package may have one too, which only says how its files are written
    if (existsSync(path)) {
      const manifest = JSON.parse(readFileSync(path, 'utf8'));
      if (manifest.name && manifest.version) return { manifest, folder: at };
    }
  }
  throw new Error(`${file} belongs to no package.`);
}

const licenceOf = ({ license, licenses }) =>
  typeof license === 'string'
    ? license
    : license?.type ?? licenses?.map(({ type }) => type).join(' OR ');

/**
 * The packages of others that are in a bundle.
 *
 * @param {Record<string, { bytesInOutput: number }>} inputs - of esbuild's metafile
 * @param {string} from - folder that their names are relative to
 * @returns {{ name: string, version: string, license: string, node?: string, texts: string[] }[]} in the order of their names
 */
export function bundledPackages(inputs, from) {
  const found = new Map();
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    if (bytesInOutput === 0 || !file.includes('node_modules/')) continue;
    const { manifest, folder } = packageOf(resolve(from, file));
    const { name, version } = manifest;
    found.set(`${name}@${version}`, {
      name,
      version,
      license: licenceOf(manifest),
      node: manifest.engines?.node,
      texts: readdirSync(folder)
        .filter(one => LICENSE.test(one))
        .sort()
        .map(one => readFileSync(join(folder, one), 'utf8').trim()),
    });
  }
  return [...found.values()].sort((a, b) =>
    `${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1,
  );
}

/**
 * @param {string} floor - range of Node of the program
 * @throws where a package needs another Node than the program says
 */
export function assertFloor(packages, floor) {
  const wrong = packages.filter(({ node = '*' }) => !subset(floor, node));
  if (wrong.length > 0) {
    throw new Error(
      `The program says Node ${floor}, and these need another: ${wrong
        .map(({ name, node }) => `${name} (${node})`)
        .join(', ')}`,
    );
  }
}

/**
 * What is said of the packages of others: their names, versions and licences, and each text once.
 *
 * @throws where the licence of one is none of those allowed
 */
export function noticesOf(packages) {
  const wrong = packages.filter(
    ({ license }) =>
      !license
        ?.replace(/[()]/g, '')
        .split(/ OR | AND /)
        .every(one => ALLOWED.includes(one)),
  );
  if (wrong.length > 0) {
    throw new Error(
      `May these be passed on? ${wrong
        .map(({ name, license }) => `${name} (${license})`)
        .join(', ')}`,
    );
  }
  const byText = new Map();
  for (const one of packages) {
    const text = one.texts.join('\n\n') || `License: ${one.license}`;
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const parts = [...byText].map(([text, those]) =>
    [
      ...those.map(
        ({ name, version, license }) => `${name} ${version} (${license})`,
      ),
      '',
      text,
    ].join('\n'),
  );
  return [
    'The program eks-pod-identity contains the following packages, under their licences.',
    ...parts,
  ]
    .join(`\n\n${'-'.repeat(72)}\n\n`)
    .concat('\n');
}
