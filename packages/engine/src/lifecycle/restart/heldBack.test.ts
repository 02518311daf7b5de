import { bindingOf } from '../../kubernetes/admissionPolicies';
import {
  container,
  inRestartWorld,
  policy,
  REF,
  TO_ALL,
  TO_CONTROLLERS,
  workload,
} from '../__testUtils__/restartWorld';
import { restartPolicies } from './restartPolicies';

describe('A restart of workloads that cannot be rolled out', () => {
  const { world, cluster, pods, patches, outdated, restart } = inRestartWorld();

  it.each([
    [
      'Q02: a paused Deployment',
      workload('Deployment', { paused: false }),
      { paused: true },
      /Deployment shop\/api is not restarted: its roll-outs are paused\..* Run: kubectl -n shop rollout resume deployment\/api; kubectl -n shop rollout restart deployment\/api/,
    ],
    [
      'Q03: a DaemonSet with OnDelete',
      workload('DaemonSet', { updateStrategy: { type: 'OnDelete' } }),
      {},
      /DaemonSet shop\/api is not restarted: its update strategy is OnDelete.* Run: kubectl -n shop delete pod( api-\w+){2,}$/,
    ],
    [
      'Q03: a StatefulSet with OnDelete',
      workload('StatefulSet', { updateStrategy: { type: 'OnDelete' } }),
      {},
      /StatefulSet shop\/api is not restarted: its update strategy is OnDelete.* Run: kubectl -n shop delete pod api-\d api-\d$/,
    ],
    [
      'a StatefulSet whose partition is above all pods',
      workload('StatefulSet', {
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { partition: 2 },
        },
      }),
      {},
      /is not restarted: its partition 2 keeps these pods as they are\..* Run: kubectl -n shop delete pod api-\d api-\d$/,
    ],
  ])(
    'leaves %s as it is, with its own steps',
    async (_, object, spec, words) => {
      await outdated(object);
      await cluster().change(
        `${object.kind.toLowerCase()}s`,
        'shop',
        'api',
        live => Object.assign(live.spec, spec),
      );
      const { changed, said, error } = await restart();
      expect(error).toBe('');
      expect(changed).toBe(false);
      expect(said).toMatch(words);
      expect(patches()).toEqual([]);
      // The plan of an associate does not print another command.
      const { warnings } = await world().planAssociate(REF);
      expect(warnings.join('\n')).toMatch(
        /kubectl -n shop (rollout resume|delete pod)/,
      );
    },
  );

  it('writes nothing where its own policy is not up to date, and says how to make it so', async () => {
    const stale = restartPolicies().map(one => ({
      ...one,
      spec: {
        ...one.spec,
        validations: [{ expression: 'false', message: 'Not any more.' }],
      },
    }));
    await cluster().apply(stale.flatMap(one => [one, bindingOf(one)] as any[]));
    await outdated(workload('Deployment'));
    const { changed, said } = await restart();
    expect(changed).toBe(false);
    expect(said).toMatch(
      /the cluster refuses the changed template: .*restart-only-deployments.*Not any more\. Render the admission policies again with "eks-pod-identity admission-policies"/,
    );
    expect(patches()).toEqual([]);
  });

  it('Q05: replaces the pods from its partition on, waits for no others, and says how they are replaced', async () => {
    await outdated(
      workload('StatefulSet', {
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { partition: 1 },
        },
      }),
    );
    const { changed, said, error } = await restart();
    expect(error).toBe('');
    expect(changed).toBe(true);
    expect(said).toMatch(
      /By its partition a restart of StatefulSet api replaces only the pods from api-1 on\..* Run: kubectl -n shop delete pod api-0$/,
    );
    expect(patches()).toHaveLength(1);
    world().forget();
    expect(await restart()).toMatchObject({ changed: false });
    expect(patches()).toEqual([]);
  });

  it('restarts a StatefulSet whose claim stands for a volume of its template', async () => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    await outdated(
      workload(
        'StatefulSet',
        { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] },
        {
          containers: [{ ...container, volumeMounts }],
          volumes: [{ name: 'data', emptyDir: {} }],
        },
      ),
    );
    expect(await restart()).toMatchObject({ changed: true, said: '' });
    expect(patches()).toHaveLength(1);
  });

  it.each([
    ['Deployment', /rollout undo deployment\/api"\. /],
    [
      'StatefulSet',
      /rollout undo statefulset\/api", then "kubectl -n shop delete pod api-1"/,
    ],
  ])(
    'Q07, Q10: says of a %s why its new pods fit nowhere, and the way back',
    async (kind, back) => {
      await outdated(workload(kind));
      await cluster().taint([{ key: 'full', effect: 'NoSchedule' }]);
      const { error } = await restart();
      expect(error).toMatch(
        /did not become available: api-\S+: 0\/\d+ nodes are available: \d+ node\(s\) had untolerated taint/,
      );
      expect(error).toMatch(back);
    },
  );

  it('goes on waiting where an autoscaler may add a node, and tells what for', async () => {
    await outdated(workload('Deployment'));
    await cluster().taint([{ key: 'full', effect: 'NoSchedule' }]);
    const [node] = cluster().list('nodes');
    await cluster().change('nodes', undefined, node.metadata.name, one => {
      one.metadata.labels!['karpenter.sh/nodepool'] = 'default';
    });
    await expect(world().restart(REF, { timeoutSeconds: 60 })).rejects.toThrow(
      /within 60 s \(0 of 2 new pods are available\): api-/,
    );
    expect(
      world()
        .steps()
        .map(({ message }) => message),
    ).toContainEqual(
      expect.stringMatching(/^0 of 2 new pods are available; api-\S+: 0\//),
    );
  });

  it.each([
    ['a full quota', 'Deployment', /exceeded quota: full/],
    ['a policy', 'StatefulSet', /No more of these/],
  ])(
    'Q08: writes nothing where %s refuses pods of the template of a %s',
    async (by, kind, why) => {
      const resources = { requests: { cpu: '400m' } };
      await outdated(
        workload(kind, {}, { containers: [{ ...container, resources }] }),
      );
      await cluster().apply(
        by === 'a policy'
          ? policy(TO_ALL)
          : {
              apiVersion: 'v1',
              kind: 'ResourceQuota',
              metadata: { name: 'full', namespace: 'shop' },
              // The gate has room for its dry runs, a third pod has none.
              spec: { hard: { 'requests.cpu': '1' } },
            },
      );
      const { changed, said, error } = await restart();
      expect(error).toBe('');
      expect(said).toMatch(why);
      expect(said).toMatch(
        /was not restarted: the cluster refuses pods of its template: .* Nothing was written\.$/,
      );
      expect(changed).toBe(false);
      expect(patches()).toEqual([]);
    },
  );

  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])(
    'Q08: tells the reason that only the controller of a %s gets to see',
    async kind => {
      await outdated(workload(kind));
      await cluster().apply(policy(TO_CONTROLLERS));
      const { error } = await restart();
      expect(error).toMatch(/did not become available: .*No more of these/);
      expect(error).toContain(`rollout undo ${kind.toLowerCase()}/api"`);
      expect(patches()).toHaveLength(1);
    },
  );

  it('says where the reason stands if it is not allowed to list events', async () => {
    await outdated(workload('StatefulSet'));
    await cluster().apply(policy(TO_CONTROLLERS));
    await cluster().change(
      'clusterroles',
      undefined,
      'backstage-eks-pod-identity-verify',
      role => {
        role.rules = role.rules.filter(
          ({ resources }: any) => !resources.includes('events'),
        );
      },
    );
    await expect(world().restart(REF, { timeoutSeconds: 20 })).rejects.toThrow(
      /A quota or a policy may refuse them: "kubectl -n shop get events --field-selector involvedObject.name=api" tells\./,
    );
  });

  it('tells what a container lacks that admission did not miss', async () => {
    await cluster().apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: { a: 'b' },
    });
    const envFrom = [{ configMapRef: { name: 'settings' } }];
    await outdated(
      workload('Deployment', {}, { containers: [{ ...container, envFrom }] }),
    );
    await cluster().delete('configmaps', 'shop', 'settings');
    const { error } = await restart();
    expect(error).toMatch(
      /api-\S+: container app: configmap "settings" not found/,
    );
    expect(pods().length).toBeGreaterThan(2);
  });

  it('N05: does not restart what is stuck in another roll-out, and says why that is', async () => {
    await outdated(workload('Deployment'));
    await cluster().change('deployments', 'shop', 'api', ({ spec }) => {
      // However long this machine takes, the reason is not that it took too long.
      spec.progressDeadlineSeconds = 1_000_000;
      spec.template.spec.containers[0].image = 'broken.invalid/app:2';
    });
    await cluster().waitFor(
      'deployments',
      'shop',
      'api',
      ({ status }: any = {}) => status?.updatedReplicas === 1,
    );
    while (
      !pods().some(({ status }) =>
        status.containerStatuses?.some(
          (one: any) => one.state?.waiting?.reason === 'ImagePullBackOff',
        ),
      )
    ) {
      await world().sandbox.clock.advance(1_000);
    }
    const { changed, said } = await restart();
    expect(changed).toBe(false);
    expect(said).toMatch(
      /was not restarted: its roll-out is stuck: api-\S+: container app: .*broken\.invalid/,
    );
    expect(said).toContain('A restart does not help.');
    expect(patches()).toEqual([]);
  });
});
