import {
  portalRbac,
  startSandbox,
  type Sandbox,
  useEndpoint,
} from 'eks-sandbox';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { portal } from '../clusters/__testUtils__/portal';
import type { Clusters } from '../clusters/types';
import { connectionTo } from './__testUtils__/connectionTo';
import { createKubernetesApi } from './api';
import { probePod } from '../verification/probe/podSpec';
import { isKubernetesError } from './errors';
import { KubernetesTransport } from './transport';
import type { KubernetesApi } from './types';

const CLUSTER = 'documented';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const USES = ['read', 'verify', 'write'] as const;
const GROUPS = {
  read: 'backstage-readers',
  verify: 'backstage-verifiers',
  write: 'backstage-writers',
};
const POD = {
  metadata: { name: 'probe' },
  spec: { containers: [{ name: 'main', image: 'busybox' }] },
};

const read = (path: string) =>
  readFileSync(resolve(__dirname, '../../../..', path), 'utf8');
const objectsOf = (yaml: string): any[] =>
  parseAllDocuments(yaml).map(document => document.toJS());

/** Kubernetes objects of docs/permissions.md and of docs/giving-rights.md, in their order. */
function documentedObjects(): any[] {
  const pages = ['permissions', 'giving-rights'].map(name =>
    read(`docs/${name}.md`),
  );
  const blocks = pages.join('').matchAll(/```yaml\n([\s\S]*?)```/g);
  return [...blocks].flatMap(([, yaml]) => objectsOf(yaml));
}

describe('The RBAC of docs/permissions.md', () => {
  let sandbox: Sandbox;
  let restore: () => void;
  let clusters: Clusters;
  const apis = {} as Record<(typeof USES)[number], KubernetesApi>;

  beforeAll(async () => {
    sandbox = await startSandbox({ scenario: 'empty' });
    restore = useEndpoint(sandbox.awsEndpoint);
    await sandbox.createCluster({ name: CLUSTER });
    sandbox.aws.eks.putAccessEntry(CLUSTER, {
      principalArn: sandbox.credentials.admin.arn,
      policies: [{ name: 'AmazonEKSClusterAdminPolicy' }],
    });
    for (const use of USES) {
      sandbox.aws.eks.putAccessEntry(CLUSTER, {
        principalArn: sandbox.credentials.roles[use],
        groups: [GROUPS[use]],
      });
    }
    const options = connectionTo(sandbox, CLUSTER, sandbox.credentials.admin);
    const admin = createKubernetesApi({
      ...options,
      retryPauseMs: 10,
    });
    for (const name of ['payments', 'other']) {
      await admin.createNamespace({ metadata: { name } });
      await admin
        .createServiceAccount({
          metadata: { name: 'default', namespace: name },
        })
        .catch(error => {
          // The cluster creates it on its own.
          if (!isKubernetesError(error, 'conflict')) throw error;
        });
    }
    const transport = new KubernetesTransport(options);
    for (const object of documentedObjects()) {
      if (!object.apiVersion.startsWith('rbac.')) continue;
      const { namespace } = object.metadata;
      await transport.send({
        call: { verb: 'create', resource: object.kind },
        method: 'POST',
        path: `${RBAC}${
          namespace ? `/namespaces/${namespace}` : ''
        }/${object.kind.toLowerCase()}s`,
        body: JSON.stringify(object),
      });
    }
    await transport.close();
    await admin.close();
    clusters = portal({
      sandbox,
      keys: {
        accessKeyId: sandbox.credentials.backstage.accessKeyId,
        secretAccessKey: sandbox.credentials.backstage.secretAccessKey,
      },
      clusters: [{ name: CLUSTER, roles: sandbox.credentials.roles }],
    }).clusters;
    for (const use of USES) {
      apis[use] = await clusters.session(CLUSTER, use).kubernetes();
    }
  });
  afterAll(async () => {
    await clusters.close();
    restore();
    await sandbox.stop();
  });

  const forbidden = (work: Promise<unknown>) =>
    expect(work).rejects.toMatchObject({ kind: 'forbidden' });

  it.each(USES)('lets the %s role read everything', async use => {
    const api = apis[use];
    await api.namespaceNames();
    await api.readNamespace('payments');
    await api.readServiceAccount('payments', 'default');
    await api.listServiceAccounts('payments');
    await api.listPods({ namespace: 'kube-system' });
    await api.listPods({ fieldSelector: 'status.phase=Running' });
    await api.listNodes();
    await api.listDaemonSets({});
    await api.listDeployments('payments');
    await api.listStatefulSets('payments');
    await api.listJobs('payments');
    await api.listCronJobs('payments');
    await api.listNetworkPolicies('payments');
    const webhook = await api.readMutatingWebhookConfiguration(
      'pod-identity-webhook',
    );
    expect(webhook?.metadata?.name).toBe('pod-identity-webhook');
    await forbidden(api.readMutatingWebhookConfiguration('another'));
  });

  it('lets the read role see the log of the agent, and no other', async () => {
    const log = (namespace: string) =>
      apis.read.readPodLog(namespace, 'agent', {
        container: 'main',
        tailLines: 1,
      });
    await expect(log('kube-system')).rejects.toMatchObject({
      kind: 'not-found',
    });
    await forbidden(log('payments'));
  });

  it('is exactly what deploy/rbac.yaml applies', () => {
    const byName = (objects: any[]) =>
      Object.fromEntries(
        objects
          .filter(({ apiVersion }) => apiVersion.startsWith('rbac.'))
          .map(object => [`${object.kind} ${object.metadata.name}`, object]),
      );
    expect(byName(objectsOf(read('deploy/rbac.yaml')))).toEqual(
      byName(documentedObjects()),
    );
  });

  it('is exactly what the roles of the sandbox have, with the rule for namespaces', () => {
    const rulesOf = (objects: any[]) =>
      Object.fromEntries(
        objects
          .filter(({ kind }) => /^(Cluster)?Role$/.test(kind))
          .map(({ metadata, rules }) => [metadata.name, rules]),
      );
    const documented = rulesOf(documentedObjects());
    // Optional, and not given to the demo: its reports show what they say without it.
    for (const name of ['webhooks', 'policies']) {
      expect(documented).toHaveProperty(`backstage-eks-pod-identity-${name}`);
      delete documented[`backstage-eks-pod-identity-${name}`];
    }
    documented['backstage-eks-pod-identity-write'].push({
      apiGroups: [''],
      resources: ['namespaces'],
      verbs: ['create'],
    });
    expect(rulesOf(portalRbac())).toEqual(documented);
  });

  it('lets the read role change nothing', async () => {
    expect.hasAssertions();
    const api = apis.read;
    await forbidden(api.createPod('payments', POD));
    await forbidden(api.dryRunPod('payments', POD));
    await forbidden(
      api.createServiceAccount({
        metadata: { name: 'x', namespace: 'payments' },
      }),
    );
    await forbidden(api.deletePod('payments', 'x'));
    await forbidden(api.createNamespace({ metadata: { name: 'x' } }));
  });

  it('lets the verify role run a probe, in its namespaces only', async () => {
    const api = apis.verify;
    await api.dryRunPod('payments', POD);
    await api.createPod('payments', POD);
    const seen: string[] = [];
    let deleted = false;
    for await (const { type } of api.watchPod('payments', 'probe')) {
      seen.push(type);
      if (!deleted) {
        deleted = true;
        await api.deletePod('payments', 'probe', { gracePeriodSeconds: 0 });
      }
    }
    expect([seen[0], seen[seen.length - 1]]).toEqual(['ADDED', 'DELETED']);
    await api.listEvents('payments', {});
    await forbidden(api.createPod('other', POD));
    await forbidden(
      api.createServiceAccount({
        metadata: { name: 'x', namespace: 'payments' },
      }),
    );
  });

  it('lets the write role create and remove service accounts, in its namespaces only', async () => {
    expect.hasAssertions();
    const api = apis.write;
    const made = await api.createServiceAccount({
      metadata: { name: 'made', namespace: 'payments' },
    });
    await api.deleteServiceAccount('payments', 'made', {
      uid: made.metadata?.uid,
    });
    await api.deletePod('payments', 'left-over');
    await forbidden(api.createPod('payments', POD));
    await forbidden(
      api.createServiceAccount({ metadata: { name: 'x', namespace: 'other' } }),
    );
  });

  it('lets the write role restart workloads, in its namespaces only', async () => {
    expect.hasAssertions();
    const key = { kind: 'Deployment', name: 'none' } as const;
    for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'] as const) {
      const own = { ...key, kind, namespace: 'payments' };
      const at = '2026-11-26T12:00:00.000Z';
      expect(await apis.write.readWorkload(own)).toBeUndefined();
      await expect(apis.write.restartWorkload(own, at)).rejects.toMatchObject({
        kind: 'not-found',
      });
      await forbidden(apis.verify.restartWorkload(own, at));
      await forbidden(
        apis.write.restartWorkload({ ...own, namespace: 'other' }, at),
      );
    }
  });

  it('lets a read role dry-run pods and start none, with the policy of the docs', async () => {
    const objects = documentedObjects();
    await sandbox.cluster(CLUSTER).apply([
      ...objects.filter(({ apiVersion }) =>
        apiVersion.startsWith('admissionregistration.'),
      ),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'dry-run', namespace: 'payments' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'dry-run', namespace: 'payments' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'Role',
          name: 'dry-run',
        },
        subjects: [
          {
            kind: 'Group',
            apiGroup: 'rbac.authorization.k8s.io',
            name: GROUPS.read,
          },
        ],
      },
    ]);
    await apis.read.dryRunPod('payments', POD);
    await expect(apis.read.createPod('payments', POD)).rejects.toMatchObject({
      message: expect.stringContaining(
        "The developer portal's read role may only dry-run pods.",
      ),
    });
    expect(sandbox.cluster(CLUSTER).get('pods', 'payments', 'probe')).toBe(
      undefined,
    );
    await apis.verify.createPod('payments', POD);
  });

  it('holds the verify role to the probe, with deploy/admission-policies.yaml', async () => {
    await sandbox
      .cluster(CLUSTER)
      .apply(objectsOf(read('deploy/admission-policies.yaml')));
    const stolen = {
      metadata: { name: 'stolen' },
      spec: {
        serviceAccountName: 'default',
        containers: [
          {
            name: 'main',
            image: 'busybox',
            volumeMounts: [{ name: 'stolen', mountPath: '/stolen' }],
          },
        ],
        volumes: [{ name: 'stolen', secret: { secretName: 'stolen' } }],
      },
    };
    const plain = { ...POD, metadata: { name: 'plain' } };
    for (const pod of [plain, stolen]) {
      await expect(
        apis.verify.createPod('payments', pod),
      ).rejects.toMatchObject({
        message: expect.stringContaining(
          'may create the probe of the developer portal and no other pod',
        ),
      });
      await apis.verify.dryRunPod('payments', pod);
    }
    const probe = probePod({
      ref: {
        cluster: CLUSTER,
        namespace: 'payments',
        serviceAccount: 'default',
      },
      probe: clusters.get(CLUSTER).probe,
      portalId: 'portal.example.com',
      placement: {},
      deadlineSeconds: 30,
      now: Date.now(),
      graceSeconds: 0,
      permissionChecks: [],
    });
    await apis.verify.createPod('payments', probe);
  });

  it('lets the roles in by aws-auth, with the entries of the docs', async () => {
    const [, mapRoles] = /^```text\n(- rolearn[^]*?)^```/m.exec(
      read('docs/giving-rights.md'),
    )!;
    for (const use of USES) {
      sandbox.aws.eks.deleteAccessEntry(
        CLUSTER,
        sandbox.credentials.roles[use],
      );
    }
    const reads = async (use: (typeof USES)[number]) => {
      const api = createKubernetesApi({
        ...connectionTo(
          sandbox,
          CLUSTER,
          sandbox.aws.iam.sessionOf({
            roleArn: sandbox.credentials.roles[use],
          }),
        ),
        retryPauseMs: 10,
      });
      return api
        .listServiceAccounts('payments')
        .then(
          () => 'in',
          error => error.kind,
        )
        .finally(() => api.close());
    };
    expect(await Promise.all(USES.map(reads))).toEqual(
      USES.map(() => 'unauthorized'),
    );
    await sandbox.cluster(CLUSTER).apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'aws-auth', namespace: 'kube-system' },
      data: { mapRoles },
    });
    expect(await Promise.all(USES.map(reads))).toEqual(USES.map(() => 'in'));
  });
});
