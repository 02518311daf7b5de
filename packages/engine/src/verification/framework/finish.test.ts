import { denied } from '../__testUtils__/judge';
import { known } from './fact';
import type { FactReader } from './facts';
import { finished } from './finish';

const facts = (over: Record<string, unknown> = {}): FactReader => ({
  get: async name => (over[name] ?? denied) as never,
});
const added = async (
  text: string,
  { language = 'bash', given = facts() } = {},
) => {
  const fix = {
    cause: 'Why.',
    actions: ['Do it.'],
    snippet: { language, text },
  };
  return (await finished(fix, given)).actions.slice(1);
};

describe('the rights that a fix needs', () => {
  it.each<[string, string[]]>([
    [
      'aws iam update-assume-role-policy --role-name x',
      ['This needs IAM rights.'],
    ],
    [
      'aws iam put-role-policy --x\n\naws eks update-addon --y',
      ['This needs IAM and EKS rights.'],
    ],
    ['aws ec2 create-vpc-endpoint --x', ['This needs EC2 rights.']],
    ['aws ec2 describe-vpc-endpoints --x', []],
    ['kubectl -n payments get pods', []],
    [
      'kubectl -n payments rollout restart deployment/api\nkubectl -n payments delete pod x',
      ['This needs kubectl rights in namespace payments.'],
    ],
    [
      'kubectl delete mutatingwebhookconfiguration x',
      ['This needs administration of the cluster.'],
    ],
    [
      'aws eks create-access-entry --x\nkubectl -n a create serviceaccount b',
      ['This needs EKS rights and kubectl rights in namespace a.'],
    ],
  ])('%j', async (text, expected) => {
    expect(await added(text)).toEqual(expected);
  });

  it('of a manifest are where its objects are', async () => {
    const yaml = { language: 'yaml' };
    const of = (kind: string, namespace = '') =>
      `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: x${namespace}`;
    expect(await added(of('Role', '\n  namespace: payments'), yaml)).toEqual([
      'This needs kubectl rights in namespace payments.',
    ]);
    expect(await added(of('ClusterRole'), yaml)).toEqual([
      'This needs administration of the cluster.',
    ]);
    expect(await added('probe:\n  image: x', yaml)).toEqual([]);
    expect(await added('{}', { language: 'json' })).toEqual([]);
  });

  it('are none where nothing is printed', async () => {
    const fix = { cause: 'Why.', actions: ['Wait.'] };
    expect(await finished(fix, facts())).toBe(fix);
  });
});

describe('the source of what a fix edits', () => {
  const given = facts({
    serviceAccount: known({ source: 'Helm' }),
    sources: known({ 'deployment/api': 'Argo CD' }),
  });
  const first = async (text: string) => (await added(text, { given }))[0];

  it.each([
    'set serviceaccount deployment api ledger',
    'set env deployment/api -c app HTTP_PROXY-',
    'patch deployment api --type merge --patch {}',
  ])('is named: %s', async command => {
    expect(await first(`kubectl -n payments ${command}`)).toBe(
      'Argo CD deploys the deployment api: change it in its source too, or Argo CD undoes the command.',
    );
  });

  it('is named for a ServiceAccount', async () => {
    expect(
      await first('kubectl -n payments annotate serviceaccount ledger-api x-'),
    ).toMatch(/^Helm deploys the serviceaccount ledger-api: /);
  });

  it('does not matter to a restart, or where none is known', async () => {
    const needs = ['This needs kubectl rights in namespace payments.'];
    for (const command of [
      'rollout restart deployment/api',
      'set env deployment/other X-',
    ]) {
      expect(await added(`kubectl -n payments ${command}`, { given })).toEqual(
        needs,
      );
    }
    expect(
      await added('kubectl -n payments set env deployment/api X-'),
    ).toEqual(needs);
  });
});
