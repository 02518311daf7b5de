import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';

const NAME = 'eks-pod-identity';

/**
 * Packs a build of one file for Krew, and writes the manifest of the plugin beside it: `eks-pod-identity.tar.gz` and
 * `eks-pod-identity.yaml`.
 *
 * @param {string} folder - that `bundle.mjs --single` has written
 * @param {string} uri - where the archive will be published
 */
function packForKrew(folder, uri) {
  const archive = join(folder, `${NAME}.tar.gz`);
  const made = [`${NAME}.tar.gz`, `${NAME}.yaml`];
  const files = readdirSync(folder).filter(name => !made.includes(name));
  execFileSync('tar', ['czf', archive, '-C', folder, ...files.sort()]);
  const path = fileURLToPath(new URL('../package.json', import.meta.url));
  const { version, description, engines } = JSON.parse(
    readFileSync(path, 'utf8'),
  );
  const manifest = {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: NAME },
    spec: {
      version: `v${version}`,
      shortDescription: 'Verify AWS identities of pods on Amazon EKS',
      description: `${description}.\n`,
      caveats: `It needs Node ${engines.node} and credentials of AWS.\n`,
      platforms: [
        {
          selector: {
            matchExpressions: [
              { key: 'os', operator: 'In', values: ['darwin', 'linux'] },
            ],
          },
          uri,
          sha256: createHash('sha256')
            .update(readFileSync(archive))
            .digest('hex'),
          files: files.map(from => ({ from, to: '.' })),
          bin: NAME,
        },
      ],
    },
  };
  writeFileSync(join(folder, `${NAME}.yaml`), stringify(manifest));
}

const { values, positionals } = parseArgs({
  options: { uri: { type: 'string' } },
  allowPositionals: true,
});
if (!values.uri || positionals.length !== 1) {
  throw new Error('Usage: node krew.mjs --uri ADDRESS_OF_THE_ARCHIVE FOLDER');
}
packForKrew(resolve(positionals[0]), values.uri);
