import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { actionsReference } from './actions';
import { configurationReference } from './configuration';

const root = resolve(__dirname, '../..');
const check = process.argv.includes('--check');

const pages: Record<string, string> = {
  'docs/configuration-reference.md': configurationReference(
    resolve(root, 'plugins/eks-pod-identity-backend/config.d.ts'),
  ),
  'docs/actions-reference.md': actionsReference(),
  // The package serves it in the portal, where other files are not
  'packages/engine/docs/permissions.md': readFileSync(
    resolve(root, 'docs/permissions.md'),
    'utf8',
  ).replace(/\[([^\]]+)\]\((?!https?:|#)[^)]+\)/g, '$1'),
};

for (const [path, text] of Object.entries(pages)) {
  const file = resolve(root, path);
  const page = format(text, {
    ...resolveConfig.sync(file),
    parser: 'markdown',
  });
  if (!check) {
    writeFileSync(file, page);
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== page) {
    console.log(
      `${path} is not what the code says: run "yarn reference" and commit it.`,
    );
    process.exitCode = 1;
  }
}
