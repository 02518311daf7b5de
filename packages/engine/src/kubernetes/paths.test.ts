import { pathOf } from './paths';

describe('pathOf', () => {
  const pods = { resource: 'pods', namespace: 'shop', name: 'p' };

  it.each([
    [{ verb: 'get', ...pods }, '/api/v1/namespaces/shop/pods/p'],
    [{ verb: 'delete', ...pods }, '/api/v1/namespaces/shop/pods/p'],
    // Its name is in the body
    [{ verb: 'create', ...pods }, '/api/v1/namespaces/shop/pods'],
    [{ verb: 'watch', ...pods }, '/api/v1/namespaces/shop/pods'],
    [{ verb: 'list', resource: 'pods' }, '/api/v1/pods'],
    [{ verb: 'list', resource: 'daemonsets' }, '/apis/apps/v1/daemonsets'],
    [
      { verb: 'list', resource: 'cronjobs', namespace: 'shop' },
      '/apis/batch/v1/namespaces/shop/cronjobs',
    ],
  ])('%j', (call, path) => {
    expect(pathOf(call)).toBe(path);
  });

  it('encodes the query and leaves out what is undefined', () => {
    expect(
      pathOf(
        { verb: 'list', resource: 'pods' },
        { labelSelector: 'a=b,c', limit: 500, continue: undefined },
      ),
    ).toBe('/api/v1/pods?labelSelector=a%3Db%2Cc&limit=500');
  });

  it('never leaves its place for the name of an object', () => {
    const read = (name?: string) =>
      pathOf({ verb: 'get', resource: 'pods', namespace: 'shop', name });
    expect(read('../secrets')).toBe(
      '/api/v1/namespaces/shop/pods/..%2Fsecrets',
    );
    for (const name of [undefined, '', '.', '..']) {
      expect(() => read(name)).toThrow('is no name of a Kubernetes object');
    }
  });
});
