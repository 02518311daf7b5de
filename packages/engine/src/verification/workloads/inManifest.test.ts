import { parse } from 'yaml';
import { type ManifestObject, objectInManifest } from './inManifest';

const REF = { namespace: 'shop', serviceAccount: 'web' };

/** What the place of a manifest holds. */
const told = (object: ManifestObject | undefined, value: any) =>
  object?.places.map(({ check, path }) => [
    check,
    path.join('.'),
    JSON.stringify(path.reduce((one: any, key) => one[key], value)).slice(
      0,
      60,
    ),
  ]);

/** Lines of a mapping as one flow. */
const parseFlow = (text: string) => text.trim().split(/\n\s*/).join(', ');

const workload = (
  pod: string,
  { kind = 'Deployment', name = 'web', metadata = '', account = 'web' } = {},
) => {
  const template = `
    metadata: { ${metadata} }
    spec: { ${account && `serviceAccountName: ${account}, `}${pod} }`;
  const spec =
    kind === 'CronJob'
      ? `jobTemplate: { spec: { template: {${parseFlow(template)}} } }`
      : `template: {${parseFlow(template)}}`;
  return parse(
    `kind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\nspec: { ${spec} }`,
  );
};

const KEYS =
  'env: [{ name: LANG, value: C }, { name: AWS_ACCESS_KEY_ID, value: AKIA }, { name: AWS_SECRET_ACCESS_KEY, value: s }]';
const SHADOWED = [
  'workloads.shadowed',
  'workloads.templates',
  'workloads.obtained',
];

describe('the place of a cause in a manifest', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])(
    'is the variable of keys in a %s',
    kind => {
      const value = workload(`containers: [{ name: app, ${KEYS} }]`, { kind });
      const prefix = kind === 'CronJob' ? 'spec.jobTemplate.spec.' : 'spec.';
      expect(told(objectInManifest(value, REF), value)).toEqual(
        SHADOWED.map(check => [
          check,
          `${prefix}template.spec.containers.0.env.1`,
          '{"name":"AWS_ACCESS_KEY_ID","value":"AKIA"}',
        ]),
      );
    },
  );

  it.each([
    [
      'a pod',
      parse(
        `kind: Pod\nmetadata: { name: web }\nspec: { serviceAccountName: web, containers: [{ name: app, ${KEYS} }] }`,
      ),
      'spec.containers.0.env.1',
    ],
    [
      'a sidecar',
      workload(
        `containers: [{ name: app }], initContainers: [{ name: log, restartPolicy: Always, ${KEYS} }]`,
      ),
      'spec.template.spec.initContainers.0.env.1',
    ],
    [
      'the mount of a file with keys',
      workload(
        'containers: [{ name: app, volumeMounts: [{ name: cache, mountPath: /cache }, { name: k, mountPath: /home/app/.aws }] }], volumes: [{ name: k, secret: { secretName: aws-keys } }]',
      ),
      'spec.template.spec.containers.0.volumeMounts.1',
    ],
    [
      'a command line',
      workload(
        'containers: [{ name: app, command: [sh], args: [-c, "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b run"] }]',
      ),
      'spec.template.spec.containers.0.args',
    ],
    [
      'the variables of a Secret',
      workload(
        'containers: [{ name: app, envFrom: [{ secretRef: { name: aws-keys } }] }]',
      ),
      'spec.template.spec.containers.0.envFrom',
    ],
    [
      'an own address',
      workload(
        'containers: [{ name: app, env: [{ name: AWS_CONTAINER_CREDENTIALS_FULL_URI, value: "http://10.0.0.1/x" }] }]',
      ),
      'spec.template.spec.containers.0.env.0',
    ],
  ])('is %s', (_, value, path) => {
    const object = objectInManifest(value, REF);
    expect(object?.is).toBe('workload');
    expect(
      object?.places.find(({ check }) => check === 'workloads.shadowed')?.path,
    ).toEqual(path.split('.').map(key => (/^\d+$/.test(key) ? +key : key)));
  });

  it.each([
    ['labels', 'eks.amazonaws.com/skip-pod-identity-webhook', '"true"'],
    ['annotations', 'eks.amazonaws.com/skip-containers', '"app"'],
  ])('is what opts out by %s', (list, name, text) => {
    const value = workload('containers: [{ name: app }]', {
      metadata: `${list}: { ${name}: ${text} }`,
    });
    expect(objectInManifest(value, REF)?.places).toEqual(
      ['workloads.injected', 'workloads.templates'].map(check => ({
        check,
        path: ['spec', 'template', 'metadata', list, name],
      })),
    );
  });

  it('is the other service account of a workload of this name', () => {
    const value = workload('containers: [{ name: app }]', { account: 'old' });
    expect(objectInManifest(value, REF)).toMatchObject({
      is: 'workload',
      named: ['spec', 'template', 'spec', 'serviceAccountName'],
      places: [
        { check: 'workloads.service-account' },
        { check: 'workloads.templates' },
      ],
    });
    const none = workload('containers: [{ name: app }]', { account: '' });
    expect(objectInManifest(none, REF)?.named).toEqual(['metadata', 'name']);
    const other = workload('containers: [{ name: app }]', {
      name: 'worker',
      account: 'old',
    });
    expect(objectInManifest(other, REF)).toMatchObject({
      is: 'other',
      places: [],
    });
  });

  it('is the annotation of IRSA on the service account', () => {
    const value = parse(
      'kind: ServiceAccount\nmetadata: { name: web, annotations: { eks.amazonaws.com/role-arn: "arn:aws:iam::111122223333:role/web" } }',
    );
    expect(told(objectInManifest(value, REF), value)).toEqual([
      [
        'service-account.irsa',
        'metadata.annotations.eks.amazonaws.com/role-arn',
        '"arn:aws:iam::111122223333:role/web"',
      ],
    ]);
  });

  it('is none in a workload that is as it should be', () => {
    const value = workload('containers: [{ name: app }]');
    expect(objectInManifest(value, REF)).toEqual({
      kind: 'Deployment',
      name: 'web',
      namespace: 'shop',
      is: 'workload',
      named: ['spec', 'template', 'spec', 'serviceAccountName'],
      places: [],
    });
  });
});

it('knows nothing of another namespace', () => {
  const value = workload(`containers: [{ name: app, ${KEYS} }]`);
  expect(
    objectInManifest(value, { ...REF, namespace: 'shop-2' }),
  ).toBeUndefined();
});

it.each([
  null,
  undefined,
  'text',
  7,
  [],
  {},
  { kind: 'Deployment' },
  { kind: 'Deployment', metadata: { name: 7 } },
])('takes %j for no object', value => {
  expect(objectInManifest(value, REF)).toBeUndefined();
});

it.each([
  undefined,
  null,
  'text',
  { template: { spec: { containers: 'all' } } },
  { template: { spec: { containers: [] } } },
  { template: { spec: { containers: [{ name: 7 }] } } },
  { template: { spec: { containers: [{ name: 'a', env: { A: 'b' } }] } } },
  { template: { spec: { containers: [{ name: 'a', env: [{ value: 1 }] }] } } },
  { template: { metadata: { labels: ['a'] }, spec: { containers: [{}] } } },
  { template: { spec: { containers: [{ name: 'a', volumeMounts: [{}] }] } } },
])('takes a Deployment with the spec %j for none that it knows', spec => {
  const value = { kind: 'Deployment', metadata: { name: 'web' }, spec };
  expect(objectInManifest(value, REF)).toMatchObject({
    is: 'other',
    places: [],
  });
});

it.each(['constructor', '__proto__', 'List'])('knows no kind %s', kind => {
  const value = { kind, metadata: { name: 'web' }, spec: {} };
  expect(objectInManifest(value, REF)?.is).toBe('other');
});

it.each([
  { volumes: [{ name: 'a', secret: 7, configMap: null }] },
  { nodeSelector: 'a', tolerations: 'b', affinity: 7 },
  { hostNetwork: 'yes', initContainers: [] },
  {
    securityContext: [],
    containers: [{ name: 'a', envFrom: [{}, { secretRef: 7 }] }],
  },
])('bears pods with %j', odd => {
  const value = {
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      template: {
        spec: {
          serviceAccountName: 'web',
          containers: [{ name: 'a' }],
          ...odd,
        },
      },
    },
  };
  expect(objectInManifest(value, REF)?.is).toBe('workload');
});
