import { firstBrokenHop } from 'backstage-plugin-eks-pod-identity-common';
import type { PodRunFact } from '../framework/facts/probe';
import type { Claimant } from '../../guardrails/identityOwner';
import { inCluster, onAws, ref, role } from '../__testUtils__/checkWorlds';
import {
  checkOf,
  VerifyWorld,
  type WorldOptions,
} from '../__testUtils__/VerifyWorld';

describe('access.aws', () => {
  const { world, verify } = onAws();

  it('collects all missing rights in one policy', async () => {
    world().forbid('iam:GetRole');
    world().forbid('eks:DescribeAddon');
    const check = await verify('access.aws');
    expect(check).toMatchObject({ status: 'unknown', advisory: true });
    expect(JSON.parse(check.fix!.snippet!.text).Statement).toEqual([
      {
        Effect: 'Allow',
        Action: ['eks:DescribeAddon'],
        Resource:
          'arn:aws:eks:eu-west-1:111122223333:addon/payments-prod/eks-pod-identity-agent/*',
      },
      { Effect: 'Allow', Action: ['iam:GetRole'], Resource: role },
    ]);
    expect(check.fix!.actions[0]).toContain(
      world().sandbox.credentials.roles.read,
    );
  });
});

describe('AWS out of reach', () => {
  const start = (options: Partial<WorldOptions> = {}) =>
    VerifyWorld.start({
      portalClusters: [
        { name: 'payments-prod', kubernetes: { access: 'none' } },
      ],
      ...options,
    });

  it('is unknown everywhere for a portal without any right', async () => {
    const world = await start({ as: 'nobody' });
    try {
      const report = await world.verify({ ref });
      expect(report.status).toBe('could-not-check');
      expect(checkOf(report, 'access.aws')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('eks:ListPodIdentityAssociations'),
      });
    } finally {
      await world.stop();
    }
  });

  it('is unknown with one sentence when nothing listens', async () => {
    const world = await start();
    process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
    try {
      const report = await world.verify({ ref });
      expect(report.status).toBe('could-not-check');
      expect(checkOf(report, 'cluster.active')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('ECONNREFUSED'),
      });
      expect(checkOf(report, 'access.aws').status).toBe('unknown');
    } finally {
      await world.stop();
    }
  });

  it('ends at its own deadline when AWS does not answer', async () => {
    const world = await start();
    try {
      world.sandbox.latency.set('eks:*', 60_000);
      world.sandbox.clock.setRate(100);
      const report = await world.verify({ ref, timeoutSeconds: 30 });
      expect(report.status).toBe('could-not-check');
      expect(checkOf(report, 'association.exists')).toMatchObject({
        status: 'unknown',
        message: 'There was no answer before the deadline of this run.',
      });
    } finally {
      await world.stop();
    }
  });

  it('rejects with the reason when the operation is cancelled', async () => {
    const world = await start();
    try {
      world.sandbox.latency.set('eks:*', 60_000);
      const running = world.verify({ ref });
      // wall time: any moment will do before AWS answers
      setTimeout(() => world.controller.abort(new Error('cancelled')), 100);
      await expect(running).rejects.toThrow('cancelled');
    } finally {
      await world.stop();
    }
  });
});

describe('an association that cannot be read', () => {
  const { world } = inCluster();
  const user: Claimant = { claims: new Set(), isAdministrator: false };

  it.each<[string, Claimant | undefined, string, string[]]>([
    ['a service', undefined, 'pass', ['list']],
    ['an administrator', { ...user, isAdministrator: true }, 'pass', ['list']],
    // No condition of a policy opens what was made for another component
    ['a user whom a condition lets', { ...user, decided: true }, 'skip', []],
    ['a user', user, 'skip', []],
  ])('and the pod of %s', async (_, claimant, status, tried) => {
    world().forbid('eks:ListPodIdentityAssociations');
    const permissionChecks = [{ name: 'list', command: ['s3', 'ls'] }];
    let run: unknown;
    const report = await world().verify(
      { ref, probe: 'pod', permissionChecks },
      { claimant, sawFacts: ({ facts }) => ({ podRun: run } = facts) },
    );
    expect(checkOf(report, 'association.exists').status).toBe('unknown');
    expect(checkOf(report, 'credentials.agent-answers').status).toBe(status);
    const { value } = run as { value?: PodRunFact };
    expect(Object.keys(value?.permissions ?? {})).toEqual(tried);
  });
});

describe('access.kubernetes', () => {
  const { world, verify } = inCluster();

  describe('access.kubernetes', () => {
    it('collects missing RBAC rights as rules', async () => {
      await world().forbidKubernetes('readers', 'nodes');
      await world().forbidKubernetes('readers', 'serviceaccounts');
      const check = await verify('access.kubernetes');
      expect(check).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining(
          'The portal is not allowed to get serviceaccounts in namespace payments.',
        ),
      });
      expect(
        check.fix?.snippet?.text.replace(/-[0-9a-f]{8}$/gm, '-HASH'),
      ).toContain(
        [
          'kind: Role',
          'metadata:',
          '  name: backstage-eks-pod-identity-added-read-HASH',
          '  namespace: payments',
          'rules:',
          '  - apiGroups: [""]',
          '    resources: ["serviceaccounts"]',
          '    resourceNames: ["payments-ledger"]',
          '    verbs: ["get"]',
        ].join('\n'),
      );
      expect(check.fix?.snippet?.text).toContain('kind: ClusterRole');
    });

    it('names the rights that the probe lacks before creating a pod', async () => {
      await world().forbidKubernetes('verifiers', 'pods', ['delete']);
      const report = await world().verify({ ref, probe: 'pod' });
      expect(checkOf(report, 'access.kubernetes').message).toBe(
        'The portal is not allowed to delete pods in namespace payments, which the probe needs.',
      );
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'unknown',
        message:
          'The portal is not allowed to delete pods in namespace payments, so no probe was started.',
      });
      expect(report.status).toBe('could-not-check');
      expect(
        world()
          .sandbox.calls.calls()
          .filter(call => call.operation === 'create pods' && call.write),
      ).toEqual([]);
    });

    it('distinguishes a portal that the cluster does not know from one without rights', async () => {
      world().sandbox.aws.eks.deleteAccessEntry(
        'payments-prod',
        world().sandbox.credentials.roles.read,
      );
      const report = await world().verify({ ref });
      expect(checkOf(report, 'access.kubernetes')).toMatchObject({
        status: 'unknown',
        message: expect.stringContaining('does not know the portal'),
        fix: {
          snippet: {
            text: expect.stringContaining(
              `--principal-arn ${
                world().sandbox.credentials.roles.read
              } --kubernetes-groups backstage-readers`,
            ),
          },
        },
      });
      expect(report.status).toBe('could-not-check');
      expect(firstBrokenHop(report)?.id).toBe('access.kubernetes');
    });

    it('judges each role: one that verifies and is unknown, beside one that reads', async () => {
      const { verify: verifier } = world().sandbox.credentials.roles;
      world().sandbox.aws.eks.deleteAccessEntry('payments-prod', verifier);
      const report = await world().verify({ ref, probe: 'pod' });
      const access = checkOf(report, 'access.kubernetes');
      expect(access).toMatchObject({
        status: 'unknown',
        fix: {
          snippet: {
            text: expect.stringContaining(
              `--principal-arn ${verifier} --kubernetes-groups backstage-verifiers`,
            ),
          },
        },
      });
      expect(checkOf(report, 'credentials.agent-answers')).toMatchObject({
        status: 'unknown',
        becauseOf: 'access.kubernetes',
      });
      expect(firstBrokenHop(report)).toEqual(access);
    });
  });
});
