import { MARK_TAGS } from 'backstage-plugin-eks-pod-identity-common';
import { PlanBuilder } from '../steps/PlanBuilder';
import { outline, planScope } from '../__testUtils__/planScope';
import { ARN, roleOf, wanting } from '../__testUtils__/roleSteps';
import { planRole } from './planRole';
import type { RoleChoice } from './roleChoice';
import { RoleWrites } from './roleWrites';

const scope = {
  ...planScope(),
  // Only this cluster, so nothing is judged by the rules of others
  context: { ...planScope().context, clusters: { list: () => [] } },
} as any;

async function plan(
  choice: RoleChoice,
  {
    input = {},
    desired = wanting(),
  }: { input?: object; desired?: object } = {},
) {
  const builder = new PlanBuilder('associate', scope);
  await planRole(builder, choice, {
    scope,
    input,
    desired,
    tags: {},
    writes: new RoleWrites(scope, choice.arn, undefined),
  } as any);
  const [{ plan: step }] = builder.steps;
  return { ...step, steps: outline(builder), warnings: builder.warnings };
}

describe('the role in the plan of an associate', () => {
  const taken = (
    owner: object,
    usable: boolean,
  ): Extract<RoleChoice, { how: 'taken' }> => ({
    how: 'taken',
    name: 'api',
    arn: ARN,
    owner: owner as any,
    usable,
  });

  it.each<[string, RoleChoice, RegExp, boolean]>([
    [
      'could be shared',
      taken({ kind: 'sibling' }, true),
      /taken by a role that belongs to another service account of this portal; to share it, choose the existing role \S+; else a new one needs another name$/,
      true,
    ],
    [
      'could be adopted',
      taken({ kind: 'foreign' }, true),
      /taken by a role that belongs to another owner: .*; a new role needs another name; if this role is meant, choose the existing role \S+$/,
      true,
    ],
    [
      'could not be used, of which nothing is shown',
      taken({ kind: 'sibling' }, false),
      /, but taken; a new role needs another name$/,
      false,
    ],
  ])('is in conflict where its name %s', async (_, choice, reason, linked) => {
    const step = await plan(choice);
    expect(step.steps).toEqual(['role: conflict (external)']);
    expect(step.reason).toMatch(
      /^the name api is wanted for payments\/shop\/api/,
    );
    expect(step.reason).toMatch(reason);
    expect(step.resource.consoleUrl !== undefined).toBe(linked);
  });

  const create = { how: 'create', name: 'api', path: '/', arn: ARN } as const;

  it('is created, within the boundary where there is one', async () => {
    const step = await plan(create);
    expect(step.steps).toEqual(['role: create (portal)!']);
    expect(step.after).toEqual({
      trustScope: 'serviceAccount',
      trustPolicy: expect.anything(),
    });
    const desired = wanting({ boundaryArn: 'arn:b' });
    expect((await plan(create, { desired })).after).toMatchObject({
      permissionsBoundary: 'arn:b',
    });
  });

  it.each([
    [{ trustScope: 'serviceAccount' }, []],
    [
      { trustScope: 'account' },
      [expect.stringMatching(/^trustScope "account": every association/)],
    ],
    [
      { trustScope: 'account', sessionTags: false },
      [expect.stringMatching(/^Session tags are off, so the trust policy/)],
    ],
  ])('warns of wide trust: %j', async (more, warnings) => {
    const desired = wanting(more as object);
    expect((await plan(create, { desired })).warnings).toEqual(warnings);
  });

  it.each<[string, object, string, object | undefined]>([
    ['is kept', {}, 'role: keep (portal)', undefined],
    [
      'is kept with its description and path',
      { roleDescription: 'mine', rolePath: '/' },
      'role: keep (portal)',
      undefined,
    ],
    [
      'gets another description',
      { roleDescription: 'other' },
      'role: update (portal)!',
      { description: 'other' },
    ],
    [
      'gets no description',
      { roleDescription: '' },
      'role: update (portal)!',
      { description: '' },
    ],
    [
      'is not moved',
      { rolePath: '/team/', roleDescription: 'other' },
      'role: conflict (portal)',
      { path: '/team/' },
    ],
  ])('of ours %s', async (_, input, line, after) => {
    const live = roleOf({
      description: 'mine',
      tags: { [MARK_TAGS.managedBy]: 'x' },
    });
    const step = await plan({ how: 'own', live, arn: ARN }, { input });
    expect(step.steps[0]).toBe(line);
    expect(step.after).toEqual(after);
  });
});
