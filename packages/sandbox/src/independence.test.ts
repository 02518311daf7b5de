import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(__dirname, '../../..');

const readPackage = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

const workspaces = ['packages', 'plugins']
  .map(name => join(repository, name))
  .flatMap(parent =>
    readdirSync(parent, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(entry => readPackage(join(parent, entry.name)).name as string),
  );

/**
 * The sandbox could move to its own repository. ESLint refuses imports that package.json does not declare, and
 * relative imports of other packages; this test keeps the repository's packages out of package.json.
 */
it('depends on no other package of the repository', () => {
  const { dependencies, devDependencies } = readPackage(
    join(repository, 'packages/sandbox'),
  );
  const declared = Object.keys({ ...dependencies, ...devDependencies });
  expect(workspaces).toContain('eks-sandbox');
  expect(declared.filter(name => workspaces.includes(name))).toEqual([]);
});
