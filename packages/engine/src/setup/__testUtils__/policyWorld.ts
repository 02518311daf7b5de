import { startSandbox, useEndpoint } from 'eks-sandbox';
import { parseAllDocuments } from 'yaml';
import { portal } from '../../clusters/__testUtils__/portal';
import type { V1Pod } from '../../kubernetes/objects';
import { connectionTo } from '../../kubernetes/__testUtils__/connectionTo';
import { groupOf } from '../../kubernetes/paths';
import { KubernetesTransport } from '../../kubernetes/transport';
import { probePod } from '../../verification/probe/podSpec';
import { admissionPoliciesYaml } from '../admissionPolicies';

export const CLUSTER = 'payments-prod';
/** Without Pod Security, so that the policies alone refuse. */
export const NAMESPACE = 'trusting';

const objectsOf = (yaml: string): any[] =>
  parseAllDocuments(yaml).map(document => document.toJS());

type Options = Parameters<typeof probePod>[0];

/** A cluster with the policies of a portal, and a thief of its verify and write roles who sends what they like. */
export async function policyWorld(section: Record<string, unknown> = {}) {
  const sandbox = await startSandbox({ clusters: [CLUSTER] });
  const restore = useEndpoint(sandbox.awsEndpoint);
  const { backstage, nobody: thief, roles } = sandbox.credentials;
  const { clusters } = portal({
    sandbox,
    keys: backstage,
    clusters: [{ name: CLUSTER, roles, ...section }],
  });
  const cluster = clusters.get(CLUSTER);
  const kube = sandbox.cluster(CLUSTER);
  sandbox.aws.eks.putAccessEntry(CLUSTER, {
    principalArn: thief.arn,
    groups: ['backstage-verifiers', 'backstage-writers'],
  });
  const transport = new KubernetesTransport(
    connectionTo(sandbox, CLUSTER, thief),
  );
  const send = async (
    method: 'POST' | 'PATCH',
    resource: string,
    { namespace = NAMESPACE, name = '', query = '' },
    body: object,
  ) => {
    const group = groupOf(resource);
    const path = `/${
      group ? `apis/${group}` : 'api'
    }/v1/namespaces/${namespace}/${resource}`;
    const verb = method === 'POST' ? 'create' : 'patch';
    return JSON.parse(
      await transport.send({
        call: { verb, resource, namespace },
        method,
        path: `${path}${name && `/${name}`}${query}`,
        body: JSON.stringify(body),
      }),
    );
  };
  const policies = objectsOf(admissionPoliciesYaml(cluster));
  const rendered = () => structuredClone(policies);
  await kube.apply([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: NAMESPACE,
        labels: { 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    ...rendered(),
  ]);
  await kube.waitFor('serviceaccounts', NAMESPACE, 'default', Boolean);

  return {
    sandbox,
    cluster,
    clusters,
    kube,
    rendered,
    probe: (options: Partial<Options> = {}): V1Pod =>
      // A copy: some of it is the same object in all probes
      structuredClone(
        probePod({
          ref: {
            cluster: CLUSTER,
            namespace: NAMESPACE,
            serviceAccount: 'default',
          },
          probe: cluster.probe,
          portalId: 'portal.example.com',
          placement: {},
          deadlineSeconds: 180,
          now: Date.parse('2026-01-01T00:00:00Z'),
          graceSeconds: 12.3, // wall time: only written down
          permissionChecks: [],
          ...options,
        }),
      ),
    /** As the thief; the pod is taken away again. */
    async create(pod: V1Pod, query = '') {
      const namespace = pod.metadata!.namespace!;
      const made = await send('POST', 'pods', { namespace, query }, pod);
      if (!query) await kube.delete('pods', namespace, made.metadata.name);
      return made as V1Pod;
    },
    /** As the thief, by a strategic merge. */
    patch: (resource: string, name: string, body: object, query = '') =>
      send('PATCH', resource, { name, query }, body),
    async stop() {
      await transport.close();
      await clusters.close();
      restore();
      await sandbox.stop();
    },
  };
}

export type PolicyWorld = Awaited<ReturnType<typeof policyWorld>>;
