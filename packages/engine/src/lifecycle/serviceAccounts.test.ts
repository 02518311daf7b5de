import {
  FIELD_MANAGER,
  KUBERNETES_MARK_ANNOTATIONS,
  MANAGED_BY_LABEL,
} from 'backstage-plugin-eks-pod-identity-common';
import type { V1ServiceAccount } from '@kubernetes/client-node';
import { LifecycleWorld, stepOf } from './__testUtils__/LifecycleWorld';

const REF = 'payments-prod/shop/api';

describe('Namespace and service account', () => {
  let world: LifecycleWorld;
  beforeEach(async () => {
    world = await LifecycleWorld.start();
  });
  afterEach(() => world.stop());

  const kube = () => world.kube();
  const serviceAccount = (namespace = 'shop', name = 'api') =>
    kube().find<V1ServiceAccount>('ServiceAccount', name, namespace);

  it('is created after the association, with ownership labels and our field manager, and proven effective', async () => {
    await kube().namespace('shop');
    const result = await world.associate(REF, {}, { taskId: 'one' });
    const { metadata } = (await serviceAccount())!;
    expect(metadata?.labels).toMatchObject({
      [MANAGED_BY_LABEL]: 'eks-pod-identity',
    });
    expect(metadata?.annotations).toMatchObject({
      [KUBERNETES_MARK_ANNOTATIONS.portal]: 'main.example.com',
      [KUBERNETES_MARK_ANNOTATIONS.taskId]: 'one',
    });
    expect(metadata?.managedFields?.map(({ manager }) => manager)).toEqual([
      FIELD_MANAGER,
    ]);
    expect(result.effective).toBe('yes');
    expect(world.writes()).toEqual([
      'iam:CreateRole',
      'eks:CreatePodIdentityAssociation',
      'kubernetes:create serviceaccounts',
    ]);
    world.forget();
    const again = await world.associate(REF);
    expect(again).toMatchObject({ changed: false, effective: 'yes' });
    expect(world.writes()).toEqual([]);
    const { removed } = await world.teardown(REF);
    expect(removed.map(({ kind }) => kind)).toEqual([
      'association',
      'service-account',
      'role',
    ]);
    expect(await serviceAccount()).toBeUndefined();
    world.forget();
    expect((await world.teardown(REF)).changed).toBe(false);
    expect(world.writes()).toEqual([]);
  });

  it('waits until the identity is effective, unless the request says otherwise, and no longer than it allows', async () => {
    await kube().namespace('shop');
    world.sandbox.delays.association = 3_600_000;
    // wall time: on the clock of the sandbox
    const late = await world.associate(REF, { timeoutSeconds: 5 });
    expect(late.effective).toBe('no');
    expect(late.warnings.join()).toMatch(/Not known to be effective/);
    expect(world.calls()).toContain('kubernetes:create pods');
    world.forget();
    const without = await world.associate(REF, { waitUntilEffective: false });
    expect(without.effective).toBe('unknown');
    expect(without.plan.steps.map(({ id }) => id)).not.toContain('gate');
    expect(world.calls()).not.toContain('kubernetes:create pods');
    await world.sandbox.clock.advance(3_600_000);
    const there = await world.associate(REF);
    expect(there.effective).toBe('yes');
    expect(there.effectiveAfterSeconds).toBeGreaterThanOrEqual(0);
  });

  it('notices that the association was deleted while it waited for its effect', async () => {
    await kube().namespace('shop');
    world.sandbox.delays.association = 3_600_000;
    await expect(
      world.associate(
        REF,
        { timeoutSeconds: 5 }, // wall time: on the clock of the sandbox
        {
          emit: event => {
            if (event.type !== 'log') return;
            world.sandbox.aws.eks.deleteAssociation(
              'payments-prod',
              world.association(REF)!.associationId,
            );
          },
        },
      ),
    ).rejects.toThrow(/At the end there was no association for shop\/api/);
  });

  it('makes few calls', async () => {
    await kube().namespace('shop');
    // So that no reading is outdated before it is used.
    world.sandbox.clock.setRate(1);
    const count = async (run: () => Promise<unknown>) => {
      world.forget();
      await run();
      const calls = world.calls();
      const aws = calls.filter(call => !call.startsWith('kubernetes:'));
      const gate = calls.filter(call => call === 'kubernetes:create pods');
      return {
        aws: aws.length,
        kubernetes: calls.length - aws.length - gate.length,
      };
    };
    const input = {
      managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    };
    const counts = {
      first: await count(() => world.associate(REF, input)),
      repeat: await count(() => world.associate(REF, input)),
      teardown: await count(() => world.teardown(REF)),
      again: await count(() => world.teardown(REF)),
    };
    expect(counts).toEqual({
      first: { aws: 9, kubernetes: 6 },
      repeat: { aws: 7, kubernetes: 3 },
      teardown: { aws: 17, kubernetes: 10 },
      again: { aws: 4, kubernetes: 8 },
    });
  });

  it('that exists is used and not relabelled, and stays', async () => {
    await kube().namespace('shop');
    await kube().serviceAccount('shop', 'api', {
      annotations: {
        'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/irsa',
      },
    });
    const before = await serviceAccount();
    const { plan, warnings } = await world.associate(REF);
    expect(stepOf(plan, 'service-account')).toMatchObject({
      change: 'keep',
      owner: 'external',
    });
    expect(warnings.join()).toMatch(/eks\.amazonaws\.com\/role-arn/);
    const { kept } = await world.teardown(REF);
    expect(kept).toContainEqual(
      expect.objectContaining({
        kind: 'service-account',
        reason: 'it was not created by the portal',
      }),
    );
    expect(await serviceAccount()).toEqual(before);
  });

  it('createNamespace creates the namespace, which stays; without it a missing one is a conflict', async () => {
    await expect(world.associate(REF)).rejects.toThrow(
      /there is no namespace shop in cluster payments-prod; correct the name, or create/,
    );
    expect(world.writes()).toEqual([]);
    await world.associate(REF, { createNamespace: true });
    expect(await kube().find('Namespace', 'shop')).toBeDefined();
    expect(await serviceAccount()).toBeDefined();
    const { kept } = await world.teardown(REF);
    expect(kept).toContainEqual(
      expect.objectContaining({ kind: 'namespace', name: 'shop' }),
    );
    expect(await kube().find('Namespace', 'shop')).toBeDefined();
  });

  it('refuses a namespace that is being deleted before the first write', async () => {
    await kube().create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', finalizers: ['example.com/hold'] },
    });
    await kube().remove('Namespace', 'shop');
    await expect(
      world.associate(REF, { createNamespace: true }),
    ).rejects.toThrow(
      /the namespace shop is being deleted in cluster payments-prod, and nothing can be created in it; wait until it is gone/,
    );
    expect(world.writes()).toEqual([]);
  });

  it('createNamespace needs the configuration to allow it', async () => {
    world.addPortal('main', {
      clusters: [
        {
          name: 'payments-prod',
          allow: { installAgent: false, createNamespace: false },
        },
      ],
    });
    await expect(
      world.associate(REF, { createNamespace: true }),
    ).rejects.toThrow(/createNamespace is not allowed/);
  });

  describe('createServiceAccount', () => {
    it('never leaves it to others, even in a missing namespace, and runs no gate', async () => {
      const result = await world.associate(REF, {
        createServiceAccount: 'never',
      });
      expect(stepOf(result.plan, 'namespace').change).toBe('keep');
      expect(result.effective).toBe('unknown');
      expect(result.warnings.join()).toMatch(/namespace shop does not exist/);
      await kube().namespace('shop');
      const again = await world.associate(REF, {
        createServiceAccount: 'never',
      });
      expect(stepOf(again.plan, 'service-account').reason).toMatch(
        /createServiceAccount is "never"/,
      );
      expect(again.effective).toBe('unknown');
      expect(await serviceAccount()).toBeUndefined();
    });

    it.each<[string, () => Promise<unknown>]>([
      [
        'the namespace is Argo CD’s',
        () => kube().namespace('shop', { 'argocd.argoproj.io/instance': 'x' }),
      ],
      [
        'a Deployment is Helm’s',
        async () => {
          await kube().namespace('shop');
          await kube().deployment('shop', 'web', 'web', 0, {
            labels: { 'app.kubernetes.io/managed-by': 'Helm' },
          });
        },
      ],
      [
        'a service account is Flux’s',
        async () => {
          await kube().namespace('shop');
          await kube().serviceAccount('shop', 'web', {
            labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' },
          });
        },
      ],
    ])('auto leaves it where %s; always creates it', async (_, prepare) => {
      await prepare();
      const auto = await world.associate(REF);
      expect(stepOf(auto.plan, 'service-account')).toMatchObject({
        change: 'keep',
        reason: expect.stringMatching(/missing and left to you/),
      });
      expect(auto.warnings.join()).toMatch(/does not exist and is not created/);
      expect(await serviceAccount()).toBeUndefined();
      await world.associate(REF, { createServiceAccount: 'always' });
      expect(await serviceAccount()).toBeDefined();
    });
  });

  it.each(['helm', 'argocd-controller', 'kubectl-edit'])(
    'stays once %s has written to it',
    async manager => {
      await kube().namespace('shop');
      await world.associate(REF);
      await kube().apply(
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: {
            name: 'api',
            namespace: 'shop',
            labels: { touched: 'yes' },
          },
        } as any,
        manager,
      );
      const { kept, removed } = await world.teardown(REF);
      expect(removed.map(({ kind }) => kind)).toEqual(['association', 'role']);
      expect(kept).toContainEqual(
        expect.objectContaining({
          kind: 'service-account',
          reason: `the portal made it, but ${manager} has written to it since: it was taken over`,
        }),
      );
      expect(await serviceAccount()).toBeDefined();
    },
  );

  it('stays when another field manager writes to it between plan and delete', async () => {
    await kube().namespace('shop');
    await world.associate(REF);
    await expect(
      world.teardown(
        REF,
        {},
        {
          beforeWrite: async what => {
            if (!what.startsWith('delete the service account')) return;
            await kube().apply(
              {
                apiVersion: 'v1',
                kind: 'ServiceAccount',
                metadata: {
                  name: 'api',
                  namespace: 'shop',
                  annotations: { x: 'y' },
                },
              } as any,
              'helm',
            );
          },
        },
      ),
    ).rejects.toThrow(/delete the service account shop\/api/);
    expect(await serviceAccount()).toBeDefined();
    expect(world.association(REF)).toBeUndefined();
  });

  it('is used when another client created it between plan and create', async () => {
    await kube().namespace('shop');
    await world.associate(
      REF,
      {},
      {
        beforeWrite: async what => {
          if (what.startsWith('create the service account')) {
            await kube().serviceAccount('shop', 'api');
          }
        },
      },
    );
    expect((await serviceAccount())?.metadata?.labels).toBeUndefined();
  });

  describe('when Kubernetes cannot be asked', () => {
    const locked = () =>
      world.sandbox.aws.eks.deleteAccessEntry(
        'payments-prod',
        world.sandbox.credentials.roles.read,
      );

    it('an associate fails before the first write and says what to do', async () => {
      locked();
      await expect(world.associate(REF)).rejects.toThrow(
        /create an access entry/,
      );
      expect(world.writes()).toEqual([]);
      // A caller who creates the service account elsewhere does not need Kubernetes.
      const { effective, warnings } = await world.associate(REF, {
        createServiceAccount: 'never',
      });
      expect(effective).toBe('unknown');
      expect(world.association(REF)).toBeDefined();
      expect(warnings).not.toEqual([]);
    });

    it('a teardown requires force, and then says what it could not read', async () => {
      await kube().namespace('shop');
      await world.associate(REF);
      locked();
      await expect(world.teardown(REF)).rejects.toThrow(
        /the portal cannot tell which workloads lose access: .*have the identity removed even if/,
      );
      expect(world.association(REF)).toBeDefined();
      const { kept, warnings } = await world.teardown(REF, { force: true });
      expect(kept).toContainEqual(
        expect.objectContaining({
          kind: 'service-account',
          reason: expect.stringMatching(/^not read: /),
        }),
      );
      expect(warnings.join()).toMatch(
        /cannot tell which workloads lose access/i,
      );
      expect(world.association(REF)).toBeUndefined();
    });
  });

  describe('with workloads', () => {
    beforeEach(async () => {
      await kube().namespace('shop');
      await world.associate(REF);
      world.forget();
    });

    it('refuses while one names it, even at zero replicas, unless forced', async () => {
      await kube().deployment('shop', 'web', 'api', 0);
      await kube().deployment('shop', 'other', 'default', 0);
      const plan = await world.planTeardown(REF);
      expect(plan.affectedWorkloads).toEqual([
        { kind: 'Deployment', name: 'web', pods: 0 },
      ]);
      await expect(world.teardown(REF)).rejects.toThrow(
        /these would lose access to AWS: Deployment web \(no running pods\)/,
      );
      expect(world.writes()).toEqual([]);
      const { affectedWorkloads, warnings } = await world.teardown(REF, {
        force: true,
      });
      expect(affectedWorkloads).toHaveLength(1);
      expect(warnings.join()).toMatch(
        /These lose access to AWS: Deployment web/,
      );
      expect(world.association(REF)).toBeUndefined();
    });

    it('counts running pods under their owner, finished ones not at all', async () => {
      await kube().deployment('shop', 'web', 'api', 2);
      const create = (object: object) => kube().create(object as any);
      const template = {
        spec: {
          serviceAccountName: 'api',
          restartPolicy: 'Never',
          containers: [{ name: 'a', image: 'busybox', command: ['true'] }],
        },
      };
      await create({
        apiVersion: 'batch/v1',
        kind: 'CronJob',
        metadata: { name: 'nightly', namespace: 'shop' },
        spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } } },
      });
      await create({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'lonely', namespace: 'shop' },
        spec: {
          serviceAccountName: 'api',
          containers: [
            { name: 'a', image: 'busybox', command: ['sleep', '3600'] },
          ],
        },
      });
      await world.sandbox.clock.advance(60_000);
      const { affectedWorkloads } = await world.planTeardown(REF);
      expect(affectedWorkloads).toEqual([
        { kind: 'Deployment', name: 'web', pods: 2 },
        { kind: 'CronJob', name: 'nightly', pods: 0 },
        { kind: 'Pod', name: 'lonely', pods: 1 },
      ]);
    });

    it('is rolled back by task without force, and lists them', async () => {
      await world.teardown(REF);
      await world.associate(REF, {}, { taskId: 'one' });
      await kube().deployment('shop', 'web', 'api', 1);
      const { removed, affectedWorkloads } = await world.teardown(REF, {
        createdByTask: 'one',
      });
      expect(removed.map(({ kind }) => kind)).toEqual([
        'association',
        'service-account',
        'role',
      ]);
      expect(affectedWorkloads).toHaveLength(1);
    });
  });
});
