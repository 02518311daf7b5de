import { join } from 'node:path';
import { changeJson, readJson } from './json.mjs';
import { root } from './paths.mjs';

/**
 * What the package.json of a published package says of where its source lies. The address stands in one place, the
 * `repository` of the package.json of the root.
 *
 * @param {string} folder - of the package, relative to the root
 * @returns the fields, or undefined as long as the root names no repository
 */
export function repositoryFields(
  folder,
  { repository } = readJson(join(root, 'package.json')),
) {
  const url = typeof repository === 'string' ? repository : repository?.url;
  if (!url) {
    return undefined;
  }
  const page = url.replace(/^git\+/, '').replace(/\.git$/, '');
  if (!page.startsWith('https://')) {
    throw new Error(
      `The repository in package.json is "${url}"; give its HTTPS address, such as git+https://host/owner/name.git.`,
    );
  }
  return {
    repository: { type: 'git', url, directory: folder },
    homepage: `${page}#readme`,
    bugs: { url: `${page}/issues` },
  };
}

/** Writes them into a package.json that is about to be packed; answers whether there were any. */
export function writeRepositoryFields(manifestPath, folder) {
  const fields = repositoryFields(folder);
  changeJson(manifestPath, manifest => Object.assign(manifest, fields));
  return fields !== undefined;
}
