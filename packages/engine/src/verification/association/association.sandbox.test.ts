import {
  ACCOUNT,
  clusterArn,
  onAws,
  ref,
  role,
} from '../__testUtils__/checkWorlds';
import { checkOf } from '../__testUtils__/VerifyWorld';

describe('checks of the association', () => {
  const { world, aws, verify } = onAws();

  describe('association', () => {
    it('exists: fails for a similar name, and names no other service account in a sentence', async () => {
      for (const serviceAccount of ['payments-ledgers', 'payments_ledges']) {
        aws().eks.putAssociation('payments-prod', {
          namespace: 'payments',
          serviceAccount,
          roleArn: role,
        });
      }
      const report = await world().verify({
        ref: { ...ref, serviceAccount: 'payments-ledge' },
      });
      const { nearby, ...told } = checkOf(report, 'association.exists');
      expect(told).toMatchObject({
        status: 'fail',
        message:
          'The cluster payments-prod has no Pod Identity association for payments/payments-ledge.',
      });
      expect(JSON.stringify(told)).not.toContain('payments-ledger');
      // Readers get only the names that they may see
      expect(nearby).toEqual([ref]);
      expect(checkOf(report, 'association.matches').status).toBe('skip');
      expect(checkOf(report, 'role.exists')).toMatchObject({
        status: 'skip',
        becauseOf: 'association.exists',
      });
      expect(report.status).toBe('broken');
    });

    it('exists: suggests the same name of another cluster and stage, and says so in no sentence', async () => {
      aws().eks.putAssociation('payments-prod', {
        namespace: 'shop-production',
        serviceAccount: 'cart',
        roleArn: role,
      });
      const cart = { namespace: 'shop', serviceAccount: 'cart' };
      const there = { ...cart, cluster: 'payments-frankfurt' };
      world().elsewhere = async () => [there];
      const asked = { ...cart, cluster: 'payments-prod' };
      const report = await world().verify({ ref: asked });
      const { nearby, ...told } = checkOf(report, 'association.exists');
      expect(nearby).toEqual([
        { ...asked, namespace: 'shop-production' },
        there,
      ]);
      expect(JSON.stringify(told)).not.toMatch(/frankfurt|shop-production/);
    });

    it('exists: does not blame AWS where the other clusters cannot be looked up', async () => {
      const cart = { namespace: 'shop', serviceAccount: 'cart' };
      world().elsewhere = async () => {
        throw new Error('the database is away');
      };
      const { facts, report } = await world().bundle({
        ...cart,
        cluster: 'payments-prod',
      });
      expect(facts.nearby).toEqual({
        known: false,
        lack: {
          kind: 'unreachable',
          sentence: 'It could not be read: the database is away',
        },
      });
      expect(checkOf(report, 'association.exists').status).toBe('fail');
    });

    it('exists: does not suggest the name itself, which a list still has', async () => {
      world().sandbox.delays.associationDelete = 60_000;
      const { associationId } = aws()
        .eks.associations('payments-prod')
        .find(one => one.serviceAccount === ref.serviceAccount)!;
      aws().eks.deleteAssociation('payments-prod', associationId);
      const report = await world().verify({ ref });
      const exists = checkOf(report, 'association.exists');
      expect(exists.status).toBe('fail');
      expect(exists.nearby).toBeUndefined();
    });

    it('exists: never confuses a-b/c with a/b-c', async () => {
      aws().eks.putAssociation('payments-prod', {
        namespace: 'a-b',
        serviceAccount: 'c',
        roleArn: role,
      });
      const report = await world().verify({
        ref: {
          cluster: 'payments-prod',
          namespace: 'a',
          serviceAccount: 'b-c',
        },
      });
      expect(checkOf(report, 'association.exists').status).toBe('fail');
    });

    it.each([
      ['eks:ListPodIdentityAssociations', clusterArn],
      [
        'eks:DescribePodIdentityAssociation',
        'arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments-prod/*',
      ],
    ])(
      'exists: cannot look without %s, on its own resource',
      async (action, resource) => {
        world().forbid(action);
        const report = await world().verify({ ref });
        expect(checkOf(report, 'association.exists')).toMatchObject({
          status: 'unknown',
          message: `The portal is not allowed to call ${action} on ${resource}.`,
        });
        expect(checkOf(report, 'association.matches')).toMatchObject({
          status: 'skip',
          becauseOf: 'association.exists',
        });
        expect(report.status).toBe('could-not-check');
      },
    );

    it('matches: fails on another role than the input expects', async () => {
      const report = await world().verify({
        ref,
        expectedRoleArn: `${ACCOUNT}:role/other`,
      });
      expect(report).toMatchObject({
        status: 'broken',
        expectedRoleSource: 'input',
      });
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'fail',
        message: `The association has role ${role} instead of ${ACCOUNT}:role/other.`,
      });
    });

    it('matches: compares with what the portal last associated', async () => {
      const result = { applied: true, roleArn: role, effectiveRoleArn: role };
      world().lastAssociate = {
        input: { disableSessionTags: true } as any,
        result: result as any,
      };
      const report = await world().verify({ ref });
      expect(report.expectedRoleSource).toBe('last-associate');
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'warn',
        expected: 'session tags: off',
        observed: 'session tags: on',
      });
      expect(report.status).toBe('looks-right');
      world().lastAssociate = {
        input: { targetRoleArn: `${ACCOUNT}:role/target` } as any,
        result: {
          ...result,
          effectiveRoleArn: `${ACCOUNT}:role/target`,
        } as any,
      };
      expect(await verify('association.matches')).toMatchObject({
        status: 'fail',
        observed: `role: ${role}`,
      });
    });

    it('matches: notes an owner', async () => {
      const report = await world().verify({
        ref: {
          cluster: 'payments-prod',
          namespace: 'kube-system',
          serviceAccount: 'ebs-csi-controller-sa',
        },
      });
      expect(checkOf(report, 'association.matches')).toMatchObject({
        status: 'note',
        message: expect.stringContaining('belongs to the EKS add-on arn:'),
      });
    });
  });
});
