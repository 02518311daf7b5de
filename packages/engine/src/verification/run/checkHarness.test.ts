import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-common';
import { checkHarness } from './checkHarness';

const check: PodIdentityCheck = {
  id: 'workloads.region',
  category: 'workloads',
  title: 'Region of the pods',
  docsUrl: 'https://handbook.example.com/regions',
  dependsOn: ['service-account.exists'],
  evaluate: ({ pods, cluster }) => {
    if (!pods) return { status: 'unknown', message: 'No pods were read.' };
    return { status: 'pass', message: `${pods.length} in ${cluster.region}.` };
  },
};

describe('checkHarness', () => {
  it('answers as a report does', async () => {
    expect(await checkHarness({ pods: [] }).run(check)).toEqual({
      id: 'workloads.region',
      category: 'workloads',
      title: 'Region of the pods',
      docsUrl: 'https://handbook.example.com/regions',
      status: 'pass',
      message: '0 in eu-west-1.',
      durationMs: 0,
      attempts: 1,
      advisory: true,
    });
  });

  it('has no fact that a test leaves out', async () => {
    expect(await checkHarness().run(check)).toMatchObject({
      status: 'unknown',
      message: 'No pods were read.',
    });
  });

  it('hides what the check does not read', async () => {
    const role = {
      arn: 'arn:aws:iam::111122223333:role/api',
      name: 'api',
      path: '/',
      tags: {},
      inlinePolicies: [{ name: 'own', document: {} }],
    };
    const reading: PodIdentityCheck = {
      ...check,
      evaluate: ({ role: seen }) => ({
        status: 'pass',
        message: `${seen?.name}: ${seen?.inlinePolicies?.length}`,
      }),
    };
    const { run } = checkHarness({ role });
    const without = checkHarness({
      role: { ...role, inlinePolicies: undefined },
    });
    expect((await run(reading)).message).toBe('api: undefined');
    expect((await run({ ...reading, reads: ['inlinePolicies'] })).message).toBe(
      'api: 1',
    );
    expect(
      await without.run({ ...reading, reads: ['inlinePolicies'] }),
    ).toMatchObject({
      status: 'unknown',
      message: 'The test has no inlinePolicies.',
    });
  });

  it('makes an answer of what a check throws', async () => {
    const evaluate = () => {
      throw new Error('no such tag');
    };
    expect(await checkHarness().run({ ...check, evaluate })).toMatchObject({
      status: 'unknown',
      message: 'The check itself failed: no such tag',
    });
  });

  it('takes secrets out', async () => {
    const secret =
      'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY';
    const { observed } = await checkHarness().run({
      ...check,
      evaluate: () => ({ status: 'fail', message: 'Keys.', observed: secret }),
    });
    expect(observed).not.toContain('wJalrXUtnFEMI');
  });

  it('refuses what a portal refuses', async () => {
    await expect(
      checkHarness().run({ ...check, id: 'role.region' }),
    ).rejects.toThrow('must begin with its category, like workloads.my-check');
  });
});
