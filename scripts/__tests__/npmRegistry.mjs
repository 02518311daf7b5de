import { createServer } from 'node:http';
import { after } from 'node:test';

/**
 * A registry on loopback that takes packages from callers with its token, and gives them out, as far as "npm publish", "npm
 * view" and "npm install" ask. It refuses a package that needs one of `ours` before that is there.
 *
 * @param {string} token
 * @param {string[]} ours
 * @returns `published`: names with versions, in their order. `refuse`: a name that it takes nothing of
 */
export async function npmRegistry(token, ours) {
  const packages = new Map();
  const published = [];
  const registry = {
    published,
    refuse: undefined,
    tarball: (name, file) =>
      Buffer.from(packages.get(name).files[file].data, 'base64'),
  };
  const take = (name, { versions, _attachments: files, ...rest }) => {
    const [[version, manifest]] = Object.entries(versions);
    const { dependencies = {} } = manifest;
    const had = packages.get(name) ?? { versions: {}, files: {} };
    // Where another order is half done, what is there cannot be installed
    const lacking = Object.keys(dependencies).filter(
      one => ours.includes(one) && !packages.has(one),
    );
    if (had.versions[version] || lacking.length > 0) {
      return [409, { error: `${name} needs ${lacking} first` }];
    }
    packages.set(name, {
      ...rest,
      versions: { ...had.versions, [version]: manifest },
      files: { ...had.files, ...files },
    });
    published.push(`${name}@${version}`);
    return [201, { ok: true }];
  };
  const answer = (request, body) => {
    const [, name, , file] = new URL(request.url, registry.url).pathname
      .split('/')
      .map(decodeURIComponent);
    if (request.method === 'PUT') {
      if (request.headers.authorization !== `Bearer ${token}`) return [401, {}];
      return name === registry.refuse
        ? [403, { error: 'not now' }]
        : take(name, JSON.parse(body));
    }
    const { files, ...packument } = packages.get(name) ?? {};
    if (!files) return [404, { error: 'not_found' }];
    return [200, file ? registry.tarball(name, file) : packument];
  };
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const [status, content] = answer(request, Buffer.concat(chunks));
    response.writeHead(status);
    response.end(Buffer.isBuffer(content) ? content : JSON.stringify(content));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  registry.url = `http://127.0.0.1:${server.address().port}/`;
  after(() => server.close());
  return registry;
}
