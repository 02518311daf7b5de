import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { wire } from '../__testUtils__/wire';

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const SERVICE_ACCOUNTS = '/api/v1/namespaces/default/serviceaccounts';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
          { name: 'b', image: 'b:1' },
        ],
      },
    },
  },
});

describe('objects', () => {
  let cluster: TestCluster;
  let api: ReturnType<typeof wire>;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    api = wire(cluster);
  });

  afterAll(() => cluster.stop());

  const owners = (object: any) =>
    Object.fromEntries(
      (object.metadata.managedFields ?? []).map((e: any) => [
        `${e.manager} ${e.operation}`,
        e.fieldsV1,
      ]),
    );

  it('creates, reads, replaces and deletes', async () => {
    const created = await api.post(CONFIG_MAPS, {
      metadata: { name: 'one' },
      data: { a: '1' },
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    const again = await api.post(CONFIG_MAPS, { metadata: { name: 'one' } });
    expect(again.body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "one" already exists',
    });
    const replaced = await api.put(`${CONFIG_MAPS}/one`, {
      metadata: {
        name: 'one',
        resourceVersion: created.body.metadata.resourceVersion,
      },
      data: { b: '2' },
    });
    expect(replaced.status).toBe(200);
    expect(replaced.body.data).toEqual({ b: '2' });
    expect(replaced.body.metadata.uid).toBe(created.body.metadata.uid);
    const stale = await api.put(`${CONFIG_MAPS}/one`, created.body);
    expect(stale.body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again',
    });
    const wrongUid = await api.delete(`${CONFIG_MAPS}/one`, {
      preconditions: { uid: 'other' },
    });
    expect(wrongUid.status).toBe(409);
    const deleted = await api.delete(`${CONFIG_MAPS}/one`);
    expect(deleted.body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: {
        name: 'one',
        kind: 'configmaps',
        uid: created.body.metadata.uid,
      },
    });
    expect((await api.get(`${CONFIG_MAPS}/one`)).body).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "one" not found',
    });
  });

  it('generates names', async () => {
    const { body } = await api.post(CONFIG_MAPS, {
      metadata: { generateName: 'made-' },
    });
    expect(body.metadata.name).toMatch(
      /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
    );
  });

  it('changes nothing when nothing changes', async () => {
    const { body } = await api.post(CONFIG_MAPS, {
      metadata: { name: 'same' },
      data: { a: '1' },
    });
    const patched = await api.patch(
      `${CONFIG_MAPS}/same`,
      { data: { a: '1' } },
      MERGE,
    );
    expect(patched.body.metadata.resourceVersion).toBe(
      body.metadata.resourceVersion,
    );
  });

  it('merges lists by key in strategic merge patches', async () => {
    await api.post(DEPLOYMENTS, deployment('strategic'));
    const { body } = await api.patch(
      `${DEPLOYMENTS}/strategic`,
      {
        spec: {
          template: {
            spec: {
              '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }],
              containers: [
                {
                  name: 'a',
                  env: [
                    { name: 'Y', value: '2' },
                    { name: 'X', $patch: 'delete' },
                  ],
                },
                { name: 'b', $patch: 'delete' },
                { name: 'c', image: 'c:1' },
              ],
            },
          },
        },
      },
      STRATEGIC,
    );
    const { containers } = body.spec.template.spec;
    expect(containers.map((c: any) => c.name)).toEqual(['c', 'a']);
    expect(containers[1]).toMatchObject({
      image: 'a:1',
      env: [{ name: 'Y', value: '2' }],
    });
    expect(body.metadata.generation).toBe(2);
  });

  it('replaces lists in merge patches', async () => {
    await api.post(DEPLOYMENTS, deployment('merge'));
    const { body } = await api.patch(
      `${DEPLOYMENTS}/merge`,
      {
        spec: {
          template: { spec: { containers: [{ name: 'z', image: 'z:1' }] } },
        },
      },
      MERGE,
    );
    expect(body.spec.template.spec.containers.map((c: any) => c.name)).toEqual([
      'z',
    ]);
  });

  it('refuses unknown patch types and changes to immutable fields', async () => {
    await api.post(DEPLOYMENTS, deployment('fixed'));
    const unknown = await api.patch(
      `${DEPLOYMENTS}/fixed`,
      {},
      'application/patch',
    );
    expect(unknown.body).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
    });
    const { body } = await api.patch(
      `${DEPLOYMENTS}/fixed`,
      {
        spec: {
          selector: { matchLabels: { app: 'x' } },
          template: { metadata: { labels: { app: 'x' } } },
        },
      },
      MERGE,
    );
    expect(body.code).toBe(422);
    expect(body.message).toContain('spec.selector: Invalid value');
    expect(body.message).toContain('field is immutable');
  });

  it('separates status from spec, and counts generations', async () => {
    const { body } = await api.post(DEPLOYMENTS, {
      ...deployment('parts'),
      status: { replicas: 7 },
    });
    expect(body.status).toEqual({});
    const status = await api.patch(
      `${DEPLOYMENTS}/parts/status`,
      { status: { replicas: 3 }, spec: { replicas: 9 } },
      MERGE,
    );
    expect(status.body.spec.replicas).toBe(0);
    const scaled = await api.patch(
      `${DEPLOYMENTS}/parts/scale`,
      { spec: { replicas: 1 } },
      MERGE,
    );
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    const after = await api.get(`${DEPLOYMENTS}/parts`);
    expect(after.body.metadata.generation).toBe(2);
  });

  it('records which manager owns each field', async () => {
    await api.post(
      SERVICE_ACCOUNTS,
      {
        metadata: {
          name: 'owned',
          labels: { app: 'x' },
          annotations: { a: '1', b: '2' },
        },
      },
      { userAgent: 'helm/v3' },
    );
    const { body } = await api.patch(
      `${SERVICE_ACCOUNTS}/owned?fieldManager=argocd-controller`,
      { metadata: { annotations: { a: '9' } } },
      MERGE,
    );
    expect(owners(body)).toEqual({
      'helm Update': {
        'f:metadata': {
          'f:annotations': { '.': {}, 'f:b': {} },
          'f:labels': { '.': {}, 'f:app': {} },
        },
      },
      'argocd-controller Update': {
        'f:metadata': { 'f:annotations': { 'f:a': {} } },
      },
    });
    const entry = body.metadata.managedFields[0];
    expect(entry).toMatchObject({ apiVersion: 'v1', fieldsType: 'FieldsV1' });
    expect(entry.time).toMatch(/^\d{4}-.*Z$/);
  });

  it('applies on the server: creates, owns, refuses conflicts, forces and gives up fields', async () => {
    const path = (manager: string, force = false) =>
      `${SERVICE_ACCOUNTS}/applied?fieldManager=${manager}${
        force ? '&force=true' : ''
      }`;
    const config = (annotations: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'applied', annotations },
    });
    const created = await api.patch(
      path('one'),
      config({ a: '1', b: '1' }),
      APPLY,
    );
    expect(created.status).toBe(201);
    const conflict = await api.patch(
      path('two'),
      config({ a: '2', c: '2' }),
      APPLY,
    );
    expect(conflict.status).toBe(409);
    expect(conflict.body).toMatchObject({
      reason: 'Conflict',
      message:
        'Apply failed with 1 conflict: conflict with "one": .metadata.annotations.a',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "one"',
            field: '.metadata.annotations.a',
          },
        ],
      },
    });
    const forced = await api.patch(
      path('two', true),
      config({ a: '2', c: '2' }),
      APPLY,
    );
    expect(forced.status).toBe(200);
    expect(owners(forced.body)).toEqual({
      'one Apply': { 'f:metadata': { 'f:annotations': { 'f:b': {} } } },
      'two Apply': {
        'f:metadata': { 'f:annotations': { 'f:a': {}, 'f:c': {} } },
      },
    });
    const shared = await api.patch(path('one'), config({ a: '2' }), APPLY);
    expect(shared.body.metadata.annotations).toEqual({ a: '2', c: '2' });
    const dropped = await api.patch(path('two'), config({}), APPLY);
    expect(dropped.body.metadata.annotations).toEqual({ a: '2' });
  });

  it('applies containers and their variables by name', async () => {
    const apply = (containers: object[]) =>
      api.patch(
        `${DEPLOYMENTS}/listed?fieldManager=me`,
        {
          ...deployment('listed'),
          spec: {
            ...deployment('listed').spec,
            template: {
              metadata: { labels: { app: 'listed' } },
              spec: { containers },
            },
          },
        },
        APPLY,
      );
    await apply([
      {
        name: 'a',
        image: 'a:1',
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '1' },
        ],
      },
    ]);
    await api.patch(
      `${DEPLOYMENTS}/listed?fieldManager=other`,
      {
        spec: {
          template: { spec: { containers: [{ name: 'b', image: 'b:1' }] } },
        },
      },
      STRATEGIC,
    );
    const { body } = await apply([
      { name: 'a', image: 'a:1', env: [{ name: 'Y', value: '2' }] },
    ]);
    const { containers } = body.spec.template.spec;
    const env = Object.fromEntries(containers.map((c: any) => [c.name, c.env]));
    expect(env).toEqual({ a: [{ name: 'Y', value: '2' }], b: undefined });
  });

  it('refuses apply without a manager', async () => {
    const { body } = await api.patch(
      `${SERVICE_ACCOUNTS}/x`,
      { apiVersion: 'v1' },
      APPLY,
    );
    expect(body.message).toContain(
      'fieldManager: Required value: is required for apply patch',
    );
  });

  it('stores nothing in dry runs of any kind', async () => {
    await api.post(CONFIG_MAPS, {
      metadata: { name: 'dry' },
      data: { a: '1' },
    });
    const patched = await api.patch(
      `${CONFIG_MAPS}/dry?dryRun=All`,
      { data: { a: '2' } },
      MERGE,
    );
    expect(patched.body.data.a).toBe('2');
    await api.delete(`${CONFIG_MAPS}/dry?dryRun=All`);
    await api.delete(`${CONFIG_MAPS}/dry`, { dryRun: ['All'] });
    expect((await api.get(`${CONFIG_MAPS}/dry`)).body.data.a).toBe('1');
  });

  it('lists with selectors and in pages', async () => {
    for (const [name, tier] of [
      ['p1', 'front'],
      ['p2', 'back'],
      ['p3', 'back'],
      ['p4', ''],
    ]) {
      await api.post(CONFIG_MAPS, {
        metadata: { name, labels: { page: 'yes', ...(tier && { tier }) } },
      });
    }
    const names = async (query: string) => {
      const { body } = await api.get(`${CONFIG_MAPS}?${query}`);
      return body.items?.map((o: any) => o.metadata.name) ?? body.message;
    };
    const selector = (text: string) =>
      `labelSelector=${encodeURIComponent(text)}`;
    expect(await names(selector('page=yes,tier!=back'))).toEqual(['p1', 'p4']);
    expect(await names(selector('tier in (front, back)'))).toEqual([
      'p1',
      'p2',
      'p3',
    ]);
    expect(await names(selector('page,tier notin (back)'))).toEqual([
      'p1',
      'p4',
    ]);
    expect(await names(selector('page,!tier'))).toEqual(['p4']);
    expect(await names(selector('a b'))).toContain(
      'unable to parse requirement',
    );
    expect(await names('fieldSelector=metadata.name%3Dp2')).toEqual(['p2']);
    expect(await names('fieldSelector=data.x%3D1')).toBe(
      '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    const first = (await api.get(`${CONFIG_MAPS}?${selector('page')}&limit=3`))
      .body;
    expect(first.items.map((o: any) => o.metadata.name)).toEqual([
      'p1',
      'p2',
      'p3',
    ]);
    // With a selector the API server does not know how many remain.
    expect(first.metadata.remainingItemCount).toBeUndefined();
    const rest = (
      await api.get(
        `${CONFIG_MAPS}?${selector('page')}&limit=3&continue=${
          first.metadata.continue
        }`,
      )
    ).body;
    expect(rest.items.map((o: any) => o.metadata.name)).toEqual(['p4']);
    expect(rest.metadata.continue).toBeUndefined();
  });

  it.each(['Foreground', 'Background'])(
    'deletes the dependents of an owner: %s',
    async propagationPolicy => {
      const name = `owner-${propagationPolicy.toLowerCase()}`;
      await api.post(DEPLOYMENTS, deployment(name));
      await cluster.handle.waitFor(
        'deployments',
        'default',
        name,
        d => d?.status?.observedGeneration === 1,
      );
      const set = cluster.handle
        .list('replicasets', 'default')
        .find(s => s.metadata.ownerReferences?.[0].name === name)!;
      const gone: string[] = [];
      const follow = (resource: string, object: string) =>
        cluster.handle
          .waitFor(resource, 'default', object, o => o === undefined)
          .then(() => gone.push(resource));
      const both = [
        follow('replicasets', set.metadata.name),
        follow('deployments', name),
      ];
      await api.delete(`${DEPLOYMENTS}/${name}`, { propagationPolicy });
      await Promise.all(both);
      expect(gone).toEqual(
        propagationPolicy === 'Foreground'
          ? ['replicasets', 'deployments']
          : ['deployments', 'replicasets'],
      );
    },
  );

  it('orphans the dependents of an owner on request', async () => {
    await api.post(DEPLOYMENTS, deployment('parent'));
    await cluster.handle.waitFor(
      'deployments',
      'default',
      'parent',
      d => d?.status?.observedGeneration === 1,
    );
    const { name } = cluster.handle
      .list('replicasets', 'default')
      .find(s => s.metadata.ownerReferences?.[0].name === 'parent')!.metadata;
    await api.delete(`${DEPLOYMENTS}/parent`, { propagationPolicy: 'Orphan' });
    await cluster.handle.waitFor(
      'deployments',
      'default',
      'parent',
      o => o === undefined,
    );
    const orphan = cluster.handle.get('replicasets', 'default', name)!;
    expect(orphan.metadata.ownerReferences).toBeUndefined();
  });

  it('answers 404 for unknown resources', async () => {
    for (const path of ['/api/v1/foos', `${CONFIG_MAPS}/x/y/z`]) {
      const { status, body } = await api.get(path);
      expect([path, status]).toEqual([path, 404]);
      expect(body.message).toBe(
        'the server could not find the requested resource',
      );
    }
    for (const path of [
      '/apis/example.com/v1/bars',
      '/apis/apps/v2/deployments',
      '/api/v2',
      '/nonsense',
      '/openapi/v2',
    ]) {
      const { status, body, headers } = await api.get(path);
      expect([path, status]).toEqual([path, 404]);
      expect(body).toBe('404 page not found\n');
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    expect((await api.call('PUT', CONFIG_MAPS, { body: {} })).status).toBe(405);
  });
});
