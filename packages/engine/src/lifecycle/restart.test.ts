import { associateInputSchema } from 'backstage-plugin-eks-pod-identity-common';
import { bindingOf } from '../kubernetes/admissionPolicies';
import { outline } from './__testUtils__/LifecycleWorld';
import {
  inRestartWorld,
  POD,
  REF,
  workload,
} from './__testUtils__/restartWorld';
import { restartPolicies } from './restart/restartPolicies';

describe('Restarting workloads', () => {
  const { world, cluster, pods, patches } = inRestartWorld();
  const haveIt = () =>
    pods().map(({ spec }) =>
      (spec.containers[0].env ?? []).some(
        ({ name }: { name: string }) =>
          name === 'AWS_CONTAINER_CREDENTIALS_FULL_URI',
      ),
    );
  /** Until that many pods run; what is made now is older than any association. */
  const run = async (objects: ReturnType<typeof workload>[], count: number) => {
    await cluster().apply(objects);
    while (pods().filter(pod => pod.status?.phase === 'Running').length < count)
      await world().sandbox.clock.advance(1_000);
    await world().sandbox.clock.advance(2_000);
  };
  const restartedAt = (kind: string, name = 'api') =>
    cluster().get(kind, 'shop', name)!.spec.template.metadata.annotations?.[
      'kubectl.kubernetes.io/restartedAt'
    ];
  it('is not done unless it is asked for, and the plan says which pods need it', async () => {
    await run([workload('Deployment')], 2);
    const plan = await world().planAssociate(REF);
    expect(plan.affectedWorkloads).toEqual([
      { kind: 'Deployment', name: 'api', pods: 2 },
    ]);
    expect(plan.warnings.join()).toContain(
      'Deployment api (2 running pods) will need a restart to receive the identity: kubectl -n shop rollout restart deployment/api',
    );
    await world().associate(REF);
    expect(patches()).toEqual([]);
    expect(restartedAt('deployments')).toBeUndefined();
  });

  it('rolls out each kind, one after the other, once new pods receive the identity, under its policies', async () => {
    await cluster().apply(
      restartPolicies().flatMap(one => [one, bindingOf(one)] as any[]),
    );
    await run(
      [
        workload('Deployment'),
        workload('StatefulSet'),
        workload('DaemonSet'),
        workload('Deployment', { replicas: 0 }, {}, 'off'),
      ],
      // Two, two and one on each of three nodes.
      7,
    );
    const all = pods().length;
    const result = await world().associate(REF, { restartWorkloads: true });
    expect(patches()).toEqual([
      'kubernetes:patch deployments',
      'kubernetes:patch statefulsets',
      'kubernetes:patch daemonsets',
    ]);
    expect(haveIt()).toEqual(Array(all).fill(true));
    expect(restartedAt('deployments', 'off')).toBeUndefined();
    const restarts = outline(result.plan).filter(one => /restart/.test(one));
    expect(restarts).toHaveLength(3);
    const steps = world()
      .steps()
      .filter(({ id }) => /^restart/.test(id));
    const ends = steps.filter(({ status }) => status !== 'waiting');
    expect(ends.map(({ status }) => status)).toEqual(
      Array(3).fill(['started', 'done']).flat(),
    );
    world().forget();
    const again = await world().associate(REF, { restartWorkloads: true });
    expect(again.changed).toBe(false);
    expect(patches()).toEqual([]);
  });

  it('waits for a roll-out that an interrupted run began, instead of another one', async () => {
    await run([workload('Deployment')], 2);
    const killed = new AbortController();
    const interrupted = world().associate(
      REF,
      { restartWorkloads: true },
      {
        signal: killed.signal,
        emit: ({ type, data }) => {
          // The first word about the new pods comes after the write.
          if (type === 'step' && data.status === 'waiting') {
            if (/^restart/.test(data.id)) killed.abort(new Error('killed'));
          }
        },
      },
    );
    await expect(interrupted).rejects.toThrow(/killed/);
    expect(haveIt()).toContain(false);
    await world().associate(REF, { restartWorkloads: true });
    expect(patches()).toEqual(['kubernetes:patch deployments']);
    expect(haveIt()).toEqual([true, true]);
  });

  it('tells how to go back when new pods do not become available, and stops there', async () => {
    await run([workload('Deployment'), workload('StatefulSet')], 4);
    // Nothing new finds a place.
    await cluster().taint([{ key: 'full', effect: 'NoSchedule' }]);
    const failed = world().associate(REF, {
      restartWorkloads: true,
      timeoutSeconds: 20,
    });
    await expect(failed).rejects.toThrow(
      /The new pods of Deployment shop\/api did not become available: api-\S+: 0\/3 nodes are available: .* run "kubectl -n shop rollout undo deployment\/api"\. Done: .*Not done: restart Deployment shop\/api; restart StatefulSet shop\/api/,
    );
    expect(restartedAt('statefulsets')).toBeUndefined();
  });

  it('stops waiting for a roll-out once another change waits, and says what it left', async () => {
    await run([workload('Deployment'), workload('StatefulSet')], 4);
    await cluster().taint([{ key: 'full', effect: 'NoSchedule' }]);
    const left = [
      'Stopped waiting for Deployment shop/api: another change of this service account waits. Its roll-out goes on.',
      'StatefulSet shop/api was not restarted: another change of this service account waits',
    ];
    const awaited = { isAwaited: async () => true };
    const ends = () =>
      world()
        .steps()
        .filter(({ id, status }) => /^restart/.test(id) && status === 'done')
        .map(({ message }) => message);
    const skipped =
      'Not restarted: another change of this service account waits';
    const first = await world().associate(
      REF,
      { restartWorkloads: true },
      awaited,
    );
    expect(first.warnings).toEqual(expect.arrayContaining(left));
    expect(restartedAt('deployments')).toBeDefined();
    expect(restartedAt('statefulsets')).toBeUndefined();
    expect(ends()).toEqual([
      'Restarted Deployment shop/api: its roll-out goes on',
      skipped,
    ]);
    // The roll-out of the first one is still under way
    world().forget();
    const again = await world().restart(REF, {}, awaited);
    expect(again.warnings).toEqual(expect.arrayContaining(left));
    expect([again.changed, patches()]).toEqual([false, []]);
    expect(ends()).toEqual([
      'The roll-out of Deployment shop/api goes on',
      skipped,
    ]);
  });

  it('leaves Jobs and bare pods alone, and says so', async () => {
    await cluster().apply([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'batch', namespace: 'shop' },
        spec: { template: { spec: { ...POD, restartPolicy: 'Never' } } },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'lone', namespace: 'shop' },
        spec: POD,
      },
    ] as never);
    await run([], 2);
    const { warnings } = await world().associate(REF, {
      restartWorkloads: true,
    });
    expect(warnings.join()).toMatch(
      /(Job batch \(1 running pod\), Pod lone|Pod lone, Job batch \(1 running pod\)) run without the identity until they are recreated; the portal restarts no Jobs/,
    );
    expect(haveIt()).toEqual([false, false]);
    expect(patches()).toEqual([]);
  });

  it('restarts no workload of another service account, whatever a pod says of its owner', async () => {
    const other = (kind: string) =>
      workload(kind, {}, { serviceAccountName: 'default' }, 'other');
    await run([other('Deployment')], 2);
    await cluster().apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'forged',
        namespace: 'shop',
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'StatefulSet',
            name: 'other',
            uid: 'x',
            controller: true,
          },
        ],
      },
      spec: POD,
    } as never);
    await cluster().apply(other('StatefulSet'));
    await run([], 3);
    const { warnings } = await world().associate(REF, {
      restartWorkloads: true,
    });
    expect(patches()).toEqual([]);
    expect(warnings.join()).toContain(
      'its pod template names the service account default',
    );
  });

  it('restarts nothing while new pods would not receive the identity', async () => {
    await run([workload('Deployment')], 2);
    world().sandbox.delays.association = 3_600_000;
    const { warnings } = await world().associate(REF, {
      restartWorkloads: true,
      timeoutSeconds: 5, // wall time: on the clock of the sandbox
    });
    expect(warnings.join()).toContain('Deployment shop/api was not restarted');
    expect(patches()).toEqual([]);
  });

  it('needs its own permission, the gate and Kubernetes', async () => {
    const input = { restartWorkloads: true };
    await expect(
      world().associate(REF, input, {
        granted: [
          'eks-pod-identity.association.create',
          'eks-pod-identity.association.read',
        ],
      }),
    ).rejects.toThrow(/lack the permission eks-pod-identity.workload.restart/);
    await expect(
      world().associate(REF, { ...input, waitUntilEffective: false }),
    ).rejects.toThrow(/only after the identity has taken effect/);
    expect(world().writes()).toEqual([]);
    expect(associateInputSchema.shape.restartWorkloads.isOptional()).toBe(true);
  });

  it('is an operation of its own, which leaves the identity as it is', async () => {
    await run([workload('Deployment'), workload('StatefulSet')], 4);
    await world().associate(REF);
    expect(haveIt()).toContain(false);
    world().forget();
    const result = await world().restart(REF);
    expect(world().writes()).toEqual([
      'kubernetes:patch deployments',
      'kubernetes:patch statefulsets',
    ]);
    expect(haveIt()).toEqual([true, true, true, true]);
    expect(result).toMatchObject({ changed: true, warnings: [] });
    expect(result.plan.affectedWorkloads).toHaveLength(2);
    world().forget();
    expect(await world().restart(REF)).toMatchObject({ changed: false });
    expect(world().writes()).toEqual([]);
  });

  it('as an operation of its own restarts nothing that would not receive the identity', async () => {
    await run([workload('Deployment')], 2);
    await expect(world().restart(REF)).rejects.toThrow(
      'Nothing was restarted: payments-prod has no association for shop/api',
    );
    world().sandbox.delays.association = 3_600_000;
    await world().associate(REF, { waitUntilEffective: false });
    // wall time: on the clock of the sandbox
    await expect(world().restart(REF, { timeoutSeconds: 5 })).rejects.toThrow(
      /Not done: .*restart Deployment shop\/api/,
    );
    expect(patches()).toEqual([]);
  });

  it('as an operation of its own is for those who own the identity and may restart', async () => {
    const entityRef = 'component:default/api';
    const input = { entityRef };
    const other = 'component:default/other';
    const ownedBy = (ref: string, team: string) => {
      const ownerRefs = [`group:default/${team}`];
      world().catalog.set(ref, { entityRef: ref, uid: ref, ownerRefs });
      return { claims: ownerRefs };
    };
    const owner = ownedBy(entityRef, 'payments');
    const stranger = ownedBy(other, 'others');
    await run([workload('Deployment')], 2);
    await world().associate(REF, input, owner);
    await expect(
      world().restart(REF, input, {
        ...owner,
        granted: ['eks-pod-identity.association.read'],
      }),
    ).rejects.toThrow(
      'A restart is not allowed: you lack the permission eks-pod-identity.workload.restart',
    );
    await expect(world().restart(REF, {}, owner)).rejects.toThrow(
      'entityRef is missing',
    );
    await expect(
      world().restart(REF, { entityRef: other }, stranger),
    ).rejects.toThrow('was made for another component');
    expect(patches()).toEqual([]);
    await world().restart(REF, input, owner);
    expect(haveIt()).toEqual([true, true]);
  });

  it('as an operation of its own leaves associations of others to them', async () => {
    const entityRef = 'component:default/api';
    await world().associate(REF);
    const found = world().association(REF)!;
    found.tags = {};
    await run([workload('Deployment')], 2);
    await expect(
      world().restart(REF, { entityRef }, { owns: [entityRef] }),
    ).rejects.toThrow(
      `this portal did not make the association ${found.associationId}`,
    );
    expect(patches()).toEqual([]);
  });
});
