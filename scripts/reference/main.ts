import { readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { writeOrCheck } from '../lib/made.mjs';
import { actionsReference } from './actions';
import { configurationReference } from './configuration';

const root = resolve(__dirname, '../..');

const read = (path: string) => readFileSync(resolve(root, path), 'utf8');

const pages: Record<string, string> = {
  'docs/configuration-reference.md': configurationReference(
    ['config.d.ts', 'configTypes.d.ts'].map(name =>
      resolve(root, 'plugins/eks-pod-identity-backend', name),
    ),
  ),
  'docs/actions-reference.md': actionsReference(),
  // The package serves it in the portal, where other files are not
  'packages/engine/docs/permissions.md': read('docs/permissions.md').replace(
    /\[([^\]]+)\]\((?!https?:|#)([^)#]+)[^)]*\)/g,
    (_, text: string, link: string) => {
      const file = posix.normalize(`docs/${link}`);
      return file.endsWith(text) ? file : `${text} (${file})`;
    },
  ),
  // A site of TechDocs has what is below docs/ alone
  'docs/checks.md': read('packages/engine/docs/checks.md').replaceAll(
    '../../../docs/',
    '',
  ),
};

const formatted = Object.entries(pages).map(([path, text]) => {
  const style = resolveConfig.sync(resolve(root, path));
  return [path, format(text, { ...style, parser: 'markdown' })];
});
writeOrCheck(Object.fromEntries(formatted), 'yarn reference');
