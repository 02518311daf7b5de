import { countByOperation } from 'eks-sandbox';
import { endingBefore } from '../__testUtils__/endingBefore';
import { MoveWorld } from '../__testUtils__/MoveWorld';

let world: MoveWorld;
afterEach(() => world.stop());

/** What the portal asks IAM meanwhile. */
async function ofIam(work: () => Promise<unknown>) {
  const { calls } = world.world.sandbox;
  calls.reset();
  await work();
  return countByOperation(
    calls
      .calls()
      .filter(
        ({ internal, principalArn, service }) =>
          service === 'iam' && !internal && principalArn?.includes('backstage'),
      ),
  );
}

const CALLS = {
  // The plan: the providers, and all roles with what they may do
  'iam:ListOpenIDConnectProviders': 1,
  'iam:GetAccountAuthorizationDetails': 1,
  // The plan, that of the rehearsal, before either association, and for either test pod
  'iam:GetRole': 6,
  // Either plan judges what the role may do; both test pods list its policies and those of the nodes
  'iam:ListAttachedRolePolicies': 6,
  'iam:ListRolePolicies': 4,
  'iam:GetPolicy': 2,
  'iam:GetPolicyVersion': 2,
};

it('asks IAM 22 times in a move', async () => {
  world = await MoveWorld.start();
  expect(await ofIam(() => world.migrate({ until: 'moved' }))).toEqual(CALLS);
});

it('reads the trust policy before each edit of it, and as often as is promised after', async () => {
  world = await MoveWorld.start({ trusted: false, edits: true });
  expect(await ofIam(() => world.migrate({ until: 'moved' }))).toEqual({
    ...CALLS,
    'iam:UpdateAssumeRolePolicy': 2,
    // 2 before either edit, 3 after the first, and 1 until IAM shows the second
    'iam:GetRole': CALLS['iam:GetRole'] + 8,
  });
});

it('looks for roles at the end of a rehearsal only where an earlier one has left something', async () => {
  world = await MoveWorld.start();
  const rehearse = () => ofIam(() => world.migrate());
  const usual = await rehearse();
  // After the service account and the association
  await expect(world.migrate({}, endingBefore(2))).rejects.toThrow(
    /the process has ended/,
  );
  expect(world.rehearsals()).toHaveLength(2);
  const further = await rehearse();
  expect(further['iam:GetRole']).toBeGreaterThan(usual['iam:GetRole']);
  expect(world.rehearsals()).toEqual([]);
});
