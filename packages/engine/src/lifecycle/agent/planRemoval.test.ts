import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { clusterTags } from '../../identity/ownership';
import { awsError } from '../../aws/__testUtils__/awsClient';
import { awsScope } from '../__testUtils__/awsScope';
import { outline, planScope } from '../__testUtils__/planScope';
import { PlanBuilder } from '../steps/PlanBuilder';
import { subjectOf } from '../steps/scope';
import { planAgentRemoval, readAgentUse } from './planRemoval';

const scope = planScope();
const mine = clusterTags(subjectOf(scope), { tags: {}, taskId: 't1' });

function plan({
  tags = mine as object | null,
  others = 0,
  associationStays = false,
  createdByTask = undefined as string | undefined,
} = {}) {
  const builder = new PlanBuilder('teardown', scope);
  for (const id of ['association', 'role']) {
    builder.add({
      id,
      resource: { kind: 'association', name: id },
      change: 'delete',
      reason: 'r',
    });
  }
  const addon = { status: 'ACTIVE', issues: [], tags } as any;
  planAgentRemoval(
    builder,
    scope,
    { addon: tags ? addon : undefined, others },
    { createdByTask, associationStays },
  );
  return {
    step: outline(builder)[2],
    reason: builder.steps[2]?.plan.reason,
  };
}

it('removes an agent of ours that nothing needs, after the association', () => {
  for (const createdByTask of [undefined, 't1']) {
    const { step, reason } = plan({ createdByTask });
    expect(step).toBe('agent: delete (portal)! after association');
    expect(reason).toMatch(/^removeAgent is set, .* no association is left$/);
  }
});

it.each<[string, Parameters<typeof plan>[0], string, RegExp]>([
  ['others installed', { tags: {} }, 'external', /did not install it$/],
  [
    'others installed, with or without other identities',
    { tags: {}, others: 1 },
    'external',
    /did not install it$/,
  ],
  [
    'an association of others needs',
    { others: 1 },
    'portal',
    /^an association of the cluster still needs it$/,
  ],
  [
    'the association that stays needs',
    { associationStays: true },
    'portal',
    /^an association of the cluster still needs it$/,
  ],
  [
    'several associations need',
    { others: 2, associationStays: true },
    'portal',
    /^3 associations of the cluster still need it$/,
  ],
  ['another task installed', { createdByTask: 't2' }, 'portal', /task t1/],
])('keeps an agent that %s', (_, facts, owner, said) => {
  const { step, reason } = plan(facts);
  expect(step).toBe(`agent: keep (${owner})`);
  expect(reason).toMatch(said);
});

it('plans nothing without an add-on', () => {
  expect(plan({ tags: null }).step).toBeUndefined();
});

it('reads the add-on, and which associations of others the cluster has', async () => {
  const use = async (association?: { id: string }) =>
    readAgentUse(
      awsScope({
        DescribeAddon: () => ({
          addon: { status: 'ACTIVE', tags: { [MARK_TAGS.taskId]: 't1' } },
        }),
        ListPodIdentityAssociations: () => ({
          associations: [{ associationId: 'a-1' }, { associationId: 'a-2' }],
        }),
      }).scope,
      association,
    );
  const addon = expect.objectContaining({ status: 'ACTIVE' });
  expect(await use({ id: 'a-1' })).toEqual({ addon, others: 1 });
  expect(await use()).toEqual({ addon, others: 2 });
});

it('says what it could not read', async () => {
  const { scope: denied } = awsScope({
    DescribeAddon: () => {
      throw awsError('AccessDeniedException');
    },
    ListPodIdentityAssociations: () => ({ associations: [] }),
  });
  await expect(readAgentUse(denied, undefined)).rejects.toThrow(
    /^Could not look for the agent add-on/,
  );
});
