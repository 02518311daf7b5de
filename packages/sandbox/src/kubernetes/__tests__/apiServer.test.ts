import { startTestCluster, TestCluster } from '../__testUtils__/testCluster';
import { pod, wire } from '../__testUtils__/wire';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const JSON_PATCH = 'application/json-patch+json';

/** Requests that no test of the recording makes: each answer is that of the API server's source. */
describe('the API server', () => {
  let cluster: TestCluster;
  let api: ReturnType<typeof wire>;

  beforeAll(async () => {
    cluster = await startTestCluster({ agent: false });
    api = wire(cluster);
    await cluster.handle.apply(
      ['a', 'b', 'c'].map(name => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, labels: { page: 'yes' } },
        data: { key: name },
      })),
    );
  });

  afterAll(() => cluster.stop());

  const token = (value: object) =>
    Buffer.from(JSON.stringify(value)).toString('base64url');

  describe('lists', () => {
    it.each([
      ['limit=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
      [
        'resourceVersion=x',
        400,
        'invalid resource version: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
      ],
      [
        'resourceVersionMatch=Exact',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
      ],
      [
        'resourceVersion=5&resourceVersionMatch=Newest',
        422,
        'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""',
      ],
      [
        'resourceVersion=99999999',
        504,
        expect.stringMatching(
          /^Timeout: Too large resource version: 99999999, current: \d+$/,
        ),
      ],
      [
        `continue=${token({ v: 'v9', rv: 1, start: 'a' })}`,
        400,
        'invalid continue token: continue key is not valid: server does not recognize this encoded version v9',
      ],
      [
        `continue=${token({ v: 'meta.k8s.io/v1', rv: 1, start: '../a' })}`,
        400,
        'invalid continue token: continue key is not valid: ../a',
      ],
      [
        `continue=${token({
          v: 'meta.k8s.io/v1',
          rv: 1,
          start: 'a',
        })}&resourceVersion=5`,
        400,
        'specifying resource version is not allowed when using continue',
      ],
      [
        'labelSelector=a%20in%20b',
        400,
        "unable to parse requirement: found 'b' expected: '('",
      ],
      ['labelSelector=a,,b', 400, "found ',', expected: identifier after ','"],
      [
        'watch=1&resourceVersion=x',
        422,
        'configmaps "" is invalid: resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
      ],
    ])('refuses %s', async (query, status, message) => {
      const { status: answered, body } = await api.get(
        `${CONFIG_MAPS}?${query}`,
      );
      expect([answered, body.message]).toEqual([status, message]);
    });

    it('says when to ask again for a version that is not there yet', async () => {
      const { headers, body } = await api.get(
        `${CONFIG_MAPS}?resourceVersion=99999999`,
      );
      expect(headers['retry-after']).toBe('1');
      expect(body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
    });

    it('shows a state of the past, page by page', async () => {
      const first = (await api.get(`${CONFIG_MAPS}?limit=1`)).body;
      expect(first.metadata.remainingItemCount).toBeGreaterThan(0);
      await cluster.handle.delete('configmaps', 'default', 'c');
      await cluster.handle.change('configmaps', 'default', 'b', map => {
        map.data = { key: 'new' };
      });
      const rest = (
        await api.get(`${CONFIG_MAPS}?continue=${first.metadata.continue}`)
      ).body;
      expect(rest.items.map((map: any) => map.data.key).slice(0, 2)).toEqual([
        'b',
        'c',
      ]);
      const { resourceVersion } = first.metadata;
      const exact = (
        await api.get(
          `${CONFIG_MAPS}?labelSelector=page&resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`,
        )
      ).body;
      expect(exact.items.map((map: any) => map.data.key)).toEqual([
        'a',
        'b',
        'c',
      ]);
      expect(exact.metadata.resourceVersion).toBe(resourceVersion);
    });
  });

  describe('gives and takes', () => {
    it('YAML, but no other media type', async () => {
      const yaml = await api.get(`${CONFIG_MAPS}/a`, {
        accept: 'text/csv, application/yaml',
      });
      expect(yaml.headers['content-type']).toBe('application/yaml');
      expect(yaml.body).toMatch(/^kind: ConfigMap$/m);
      const csv = await api.get(`${CONFIG_MAPS}/a`, { accept: 'text/csv' });
      expect(csv.status).toBe(406);
    });

    it.each([
      ['{"a" 1}', `invalid character '1' after object key`],
      ['{a: 1}', "invalid character 'a' looking for beginning of object key"],
      ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
      ['[1', 'unexpected end of JSON input'],
    ])('no body like %s', async (text, why) => {
      const { status, body } = await api.post(CONFIG_MAPS, text);
      expect(status).toBe(400);
      expect(body.message).toContain(
        "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ",
      );
      expect(body.message).toContain(why);
    });

    it('JSON patches, in which every operation has to succeed', async () => {
      const patch = (...operations: object[]) =>
        api.patch(`${CONFIG_MAPS}/a`, operations, JSON_PATCH);
      const { status, body } = await patch(
        { op: 'test', path: '/data/key', value: 'a' },
        { op: 'move', from: '/data/key', path: '/data/moved' },
        { op: 'add', path: '/metadata/annotations', value: { x: 'y' } },
      );
      expect(status).toBe(200);
      expect(body.data).toEqual({ moved: 'a' });
      const failed = await patch({ op: 'remove', path: '/data/none' });
      expect(failed.status).toBe(422);
      const wrong = await patch({ op: 'add', path: '/data', value: 'text' });
      expect(wrong.status).toBe(422);
      expect(wrong.body.message).toMatch(
        /^ "" is invalid: patch: Invalid value: .* json: cannot unmarshal string into Go struct field/,
      );
    });

    it('authorises a request for what it does not have before it says so', async () => {
      const { user, key } = cluster.aws.iam.putUser({ name: 'guest' });
      cluster.aws.eks.putAccessEntry('demo', { principalArn: user.arn });
      const { status, body } = await wire(cluster, key).get(
        '/apis/none.example/v1/things',
      );
      expect(status).toBe(403);
      expect(body.message).toContain(
        'cannot list resource "things" in API group "none.example" at the cluster scope',
      );
    });

    it('tokens for service accounts', async () => {
      const ask = (spec: object) =>
        api.post('/api/v1/namespaces/default/serviceaccounts/default/token', {
          spec,
        });
      const { status, body } = await ask({});
      expect(status).toBe(201);
      const listed = await api.get('/version', { token: body.status.token });
      expect(listed.status).toBe(200);
      const short = await ask({ expirationSeconds: 5 });
      expect([short.status, short.body.message]).toEqual([
        422,
        'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
      ]);
    });
  });

  describe('refuses', () => {
    const container = { name: 'c', image: 'x' };
    const podWith = (spec: object) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containers: [container], ...spec },
    });
    const policy = (peer: object) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'x' },
      spec: { podSelector: {}, egress: [{ to: [peer] }] },
    });
    const cron = (schedule: string) => ({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'x' },
      spec: {
        schedule,
        jobTemplate: {
          spec: {
            template: {
              spec: { restartPolicy: 'Never', containers: [container] },
            },
          },
        },
      },
    });
    const term = (expression: object) => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [expression] }],
          },
        },
      },
    });
    const PATHS: Record<string, string> = {
      Pod: PODS,
      NetworkPolicy:
        '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
      CronJob: '/apis/batch/v1/namespaces/default/cronjobs',
    };

    it.each<[{ kind: string }, string]>([
      [
        podWith({ tolerations: [{ key: 'a', effect: 'NoRun' }] }),
        'spec.tolerations[0].effect: Unsupported value: "NoRun": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      ],
      [
        podWith({ tolerations: [{ value: 'a' }] }),
        'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ],
      [
        podWith(term({ key: 'a', operator: 'In' })),
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
      [
        podWith(term({ key: 'a', operator: 'Has' })),
        'matchExpressions[0].operator: Invalid value: "Has": not a valid selector operator',
      ],
      [
        podWith({ securityContext: { fsGroup: -1 } }),
        'spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
      ],
      [
        podWith({
          containers: [{ ...container, ports: [{ containerPort: 70_000 }] }],
        }),
        'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
      [
        podWith({ containers: [{ ...container, livenessProbe: {} }] }),
        'spec.containers[0].livenessProbe: Required value: must specify a handler type',
      ],
      [
        podWith({ runtimeClassName: 'gvisor' }),
        'pods "x" is forbidden: pod rejected: RuntimeClass "gvisor" not found',
      ],
      [
        policy({ ipBlock: { cidr: '10.0.0.0/33' } }),
        'spec.egress[0].to[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
      [
        policy({ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }),
        'spec.egress[0].to[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
      ],
      [policy({}), 'spec.egress[0].to[0]: Required value: must specify a peer'],
      [
        cron('every day'),
        'spec.schedule: Invalid value: "every day": expected exactly 5 fields, found 2: [every day]',
      ],
      [
        cron('61 * * * *'),
        'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
      ],
      [
        cron('@often'),
        'spec.schedule: Invalid value: "@often": unrecognized descriptor: @often',
      ],
    ])('%j', async (object, message) => {
      const { status, body } = await api.post(
        `${PATHS[object.kind]}?dryRun=All`,
        object,
      );
      expect(body.message).toContain(message);
      expect([403, 422]).toContain(status);
    });

    it('no quantity that is one, and writes it in its own form', async () => {
      const resources = (limits: Record<string, string>) =>
        api.post(
          `${PODS}?dryRun=All`,
          podWith({ containers: [{ ...container, resources: { limits } }] }),
        );
      const { body } = await resources({
        cpu: '1000m',
        memory: '1024Mi',
        'ephemeral-storage': '1500M',
      });
      expect(body.spec.containers[0].resources.limits).toEqual({
        cpu: '1',
        memory: '1Gi',
        'ephemeral-storage': '1500M',
      });
      const odd = await resources({ cpu: '0.5', memory: '1.5Gi' });
      expect(odd.body.spec.containers[0].resources.limits).toEqual({
        cpu: '500m',
        memory: '1536Mi',
      });
      expect((await resources({ cpu: '1x' })).status).toBe(400);
    });
  });

  describe('in a namespace', () => {
    const SPACE = '/api/v1/namespaces/space';

    beforeAll(async () => {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'space', finalizers: ['example.com/stay'] },
      });
      await cluster.handle.waitFor(
        'serviceaccounts',
        'space',
        'default',
        Boolean,
      );
    });

    const resources = (cpu: string, memory: string) => ({
      limits: { cpu, memory },
      requests: { cpu: '100m', memory },
    });

    const podOf = (...all: object[]) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: {
        containers: all.map((each, i) => ({
          name: `c${i}`,
          image: 'x:1',
          resources: each,
        })),
      },
    });

    it('holds pods to its limits', async () => {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'l', namespace: 'space' },
        spec: {
          limits: [
            { type: 'Container', maxLimitRequestRatio: { cpu: '4' } },
            { type: 'Pod', max: { memory: '256Mi' } },
          ],
        },
      });
      const { status, body } = await api.post(
        `${SPACE}/pods?dryRun=All`,
        podOf(resources('1', '200Mi'), resources('200m', '100Mi')),
      );
      expect(status).toBe(403);
      expect(body.message).toBe(
        'pods "x" is forbidden: [cpu max limit to request ratio per Container is 4, but provided ratio is 10.000000, maximum memory usage per Pod is 256Mi, but limit is 300Mi]',
      );
      await cluster.handle.delete('limitranges', 'space', 'l');
    });

    it('keeps the status of its quotas', async () => {
      await cluster.handle.apply({
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'q', namespace: 'space' },
        spec: { hard: { pods: '2', 'requests.cpu': '1' } },
      });
      const used = async (pods: string) => {
        const quota = await cluster.handle.waitFor(
          'resourcequotas',
          'space',
          'q',
          found => found?.status.used?.pods === pods,
        );
        return quota!.status.used['requests.cpu'];
      };
      expect(await used('0')).toBe('0');
      await api.post(`${SPACE}/pods`, podOf(resources('1', '64Mi')));
      expect(await used('1')).toBe('100m');
      await api.delete(`${SPACE}/pods/x?gracePeriodSeconds=0`);
      expect(await used('0')).toBe('0');
    });

    it('stays while a finalizer holds it', async () => {
      await api.delete(SPACE);
      const terminating = await api.get(SPACE);
      expect(terminating.body).toMatchObject({
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Terminating' },
      });
      const refused = await api.post(
        `${SPACE}/pods?dryRun=All`,
        podOf(resources('1', '64Mi')),
      );
      expect(refused.status).toBe(403);
      expect(refused.body.details.causes[0].reason).toBe(
        'NamespaceTerminating',
      );
      await cluster.core.clock.advance(5_000);
      const { body } = await api.get(SPACE);
      expect(body.spec).toEqual({});
      expect(body.status.conditions).toContainEqual(
        expect.objectContaining({
          type: 'NamespaceContentRemaining',
          status: 'False',
          reason: 'ContentRemoved',
        }),
      );
      await api.patch(
        SPACE,
        { metadata: { finalizers: null } },
        'application/merge-patch+json',
      );
      expect((await api.get(SPACE)).status).toBe(404);
    });
  });

  it('knows how a deletion is to spread', async () => {
    const { status, body } = await api.delete(
      `${CONFIG_MAPS}/a?propagationPolicy=Somehow`,
    );
    expect([status, body.message]).toEqual([
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Somehow": supported values: "Foreground", "Background", "Orphan", "nil"',
    ]);
  });

  it('gives a Service an address', async () => {
    const { body } = await api.post(
      '/api/v1/namespaces/default/services?dryRun=All',
      {
        kind: 'Service',
        metadata: { name: 'web' },
        spec: { ports: [{ port: 80 }] },
      },
    );
    expect(body.spec).toMatchObject({
      clusterIP: expect.stringMatching(/^172\.20\.\d+\.\d+$/),
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    });
    expect(body.status).toEqual({ loadBalancer: {} });
  });

  it('binds a pod once, evicts it, and adds ephemeral containers only', async () => {
    const selector = { spec: { nodeSelector: { nowhere: 'yes' } } };
    await api.post(PODS, pod('bound', selector));
    const binding = (node: string) =>
      api.post(`${PODS}/bound/binding`, {
        target: { kind: 'Node', name: node },
      });
    expect((await binding('ghost')).status).toBe(201);
    expect((await binding('other')).body.message).toBe(
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "ghost"',
    );
    const debug = (...containers: object[]) =>
      api.patch(
        `${PODS}/bound/ephemeralcontainers`,
        { spec: { ephemeralContainers: containers } },
        'application/merge-patch+json',
      );
    expect((await debug({ name: 'd', image: 'x:1' })).status).toBe(200);
    expect((await debug({ name: 'e', image: 'x:1' })).body.message).toContain(
      'existing ephemeral containers "d" may not be removed',
    );
    const evicted = await api.post(`${PODS}/bound/eviction`, {
      deleteOptions: { gracePeriodSeconds: 0 },
    });
    expect(evicted.status).toBe(201);
    expect((await api.get(`${PODS}/bound`)).status).toBe(404);
  });

  it('keeps what it decided about a token for a while', async () => {
    const { user, key } = cluster.aws.iam.putUser({ name: 'leaver' });
    const entry = {
      principalArn: user.arn,
      policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
    };
    cluster.aws.eks.putAccessEntry('demo', entry);
    cluster.core.delays.tokenCache = 10_000;
    cluster.handle.pinApiServer(0);
    const leaver = wire(cluster, key);
    const status = async () => (await leaver.get(CONFIG_MAPS)).status;
    expect(await status()).toBe(200);
    cluster.aws.eks.deleteAccessEntry('demo', user.arn);
    expect(await status()).toBe(200);
    // Another API server asks again.
    cluster.handle.pinApiServer(1);
    expect(await status()).toBe(401);
    cluster.handle.pinApiServer(0);
    await cluster.core.clock.advance(10_000);
    expect(await status()).toBe(401);
    cluster.core.delays.tokenCache = 0;
  });

  it('logged no problems', () => {
    expect(cluster.lines).toEqual([]);
  });
});
