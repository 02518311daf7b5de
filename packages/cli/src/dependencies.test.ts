import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder in which Node finds a package, from another one; undefined for an optional one that is not there. */
function folderOf(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
    if (at === dirname(at)) return undefined;
  }
}

/** Every package that an install of the program brings. */
function installed(): string[] {
  const seen = new Map<string, string>();
  const visit = (folder: string) => {
    const { name, dependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    if (seen.has(folder)) return;
    seen.set(folder, name);
    for (const dependency of Object.keys(dependencies)) {
      const found = folderOf(dependency, folder);
      if (found) visit(found);
    }
  };
  visit(join(__dirname, '..'));
  return [...seen.values()];
}

describe('the packages that the program brings', () => {
  it('hold neither a backend, a browser nor the sandbox', () => {
    const names = installed();
    expect(names).toContain('@aws-sdk/client-eks');
    expect(names).toContain('@kubernetes/client-node');
    expect(
      names.filter(name =>
        /^(@backstage\/(backend|frontend|core)-|express$|knex$|react$|eks-sandbox$)/.test(
          name,
        ),
      ),
    ).toEqual([]);
  });
});
