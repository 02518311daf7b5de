import type { AccessRow } from 'backstage-plugin-eks-pod-identity-common';
import { countByOperation } from 'eks-sandbox';
import { ManualClock } from '../async/ManualClock';
import { describeListed, listAssociations } from '../aws/association';
import { readRolesWithPolicies } from '../aws/accountPolicies';
import { forbidAction } from '../clusters/__testUtils__/forbidAction';
import { VerifyWorld } from '../verification/__testUtils__/VerifyWorld';
import { dual, POD_IDENTITY } from './__testUtils__/accessCase';
import { AccessWorld } from './__testUtils__/AccessWorld';
import { type AccessRequest, lookAtAccess } from './lookAtAccess';

const GONE =
  'Role gone of its association does not exist, so that its pods get no new credentials by it.';
const HOUR = 3_600_000;
const CLUSTER = 'payments-prod';

describe('associations whose roles the list of roles lacks', () => {
  let world: VerifyWorld;
  let access: AccessWorld;

  beforeAll(async () => {
    world = await VerifyWorld.start();
    access = new AccessWorld(world);
    for (const name of ['api', 'web']) {
      await access.runs(name);
      access.associate(name, access.role(name, [POD_IDENTITY]));
    }
    access.role('gone', [POD_IDENTITY]);
    await world.sandbox.client.snapshot('filled');
  });
  afterEach(() => world.sandbox.client.restore('filled'));
  afterAll(() => world.sandbox.stop());

  const aws = () => world.sandbox.aws;
  const updated = (name: string, roleArn: string) => {
    const all = aws().eks.associations(CLUSTER);
    const one = all.find(({ serviceAccount }) => serviceAccount === name)!;
    aws().eks.updateAssociation(CLUSTER, one.associationId, { roleArn });
  };

  /** What a sweep may hand over that read both a while ago. */
  async function stored() {
    const { session, signal } = access.request();
    return {
      associations: await describeListed(
        session,
        await listAssociations(session, {}, signal),
      ),
      roles: await readRolesWithPolicies(session, signal),
    };
  }
  type Stored = Awaited<ReturnType<typeof stored>>;

  /** An hour after everything. */
  async function look(handed: Partial<AccessRequest> = {}) {
    world.sandbox.calls.reset();
    const { rows } = await lookAtAccess({
      ...access.request(),
      clock: new ManualClock(world.clock.now() + HOUR),
      evidence: undefined,
      ...handed,
    });
    const of = (name: string): AccessRow | undefined =>
      rows.find(({ ref }) => ref.serviceAccount === name);
    const calls = countByOperation(
      world.sandbox.calls.calls().filter(call => !call.internal),
    );
    return { api: of('api'), web: of('web'), other: of('other'), calls };
  }

  it('are asked for by themselves, and those without a role are broken', async () => {
    const { associations } = await stored();
    updated('api', access.arn('gone'));
    updated('web', access.arn('gone'));
    aws().iam.deleteRole(access.arn('gone'));
    const { api, web, calls } = await look();
    expect(api).toMatchObject({
      verdict: 'broken',
      sentence: GONE,
      role: { exists: false },
      reasons: ['Verify it to see what to do.'],
    });
    expect(web).toMatchObject({ verdict: 'broken', sentence: GONE });
    expect(calls['iam:GetRole']).toBe(1);
    // Where no role is lacking, none is asked for
    expect((await look({ associations })).calls['iam:GetRole']).toBeUndefined();
  });

  it('have a role of that name at another path', async () => {
    updated('api', access.arn('apps/gone'));
    const { api } = await look();
    expect(api).toMatchObject({ verdict: 'broken', sentence: GONE });
    expect(api?.reasons[0]).toBe(
      `The account has a role of that name at another path: ${access.arn(
        'gone',
      )}.`,
    );
  });

  it('keep what is left of IRSA in sight', async () => {
    await access.runs('api', { role: dual(access, 'api') });
    updated('api', access.arn('nowhere'));
    expect((await look()).api).toMatchObject({
      verdict: 'broken',
      reasons: [
        'Verify it to see what to do.',
        `Its annotation names another role: ${access.arn('r-api')}.`,
        expect.stringMatching(/^Still there: the annotation of IRSA/),
      ],
    });
  });

  it.each<[string, (handed: Stored) => Partial<Stored>]>([
    [
      'associations that are older than the roles',
      ({ associations }) => ({ associations }),
    ],
    ['roles that are older than the associations', ({ roles }) => ({ roles })],
  ])('are not broken by %s', async (_, handed) => {
    const before = await stored();
    updated('api', access.role('younger', [POD_IDENTITY]));
    aws().iam.deleteRole(access.arn('api'));
    const { api } = await look(handed(before));
    expect(api).toMatchObject({
      verdict: 'no-move',
      sentence: 'It has Pod Identity.',
      role: { arn: access.arn('younger'), exists: true },
    });
  });

  it('are judged by the trust policy that IAM gave with them', async () => {
    const { roles } = await stored();
    updated('api', access.role('closed', [access.oidc('other')]));
    expect((await look({ roles })).api).toMatchObject({
      verdict: 'broken',
      sentence: expect.stringMatching(
        /^Role closed of its association does not let it in by Pod Identity/,
      ),
    });
  });

  it('are gone with their associations', async () => {
    const { associations } = await stored();
    const { id, roleArn } = associations.get('shop/api')!;
    aws().eks.deleteAssociation(CLUSTER, id);
    aws().iam.deleteRole(roleArn);
    const { api, web } = await look({ associations });
    expect([api?.verdict, web?.verdict]).toEqual([undefined, 'no-move']);
  });

  it('are not broken by the trust policy of a role of before', async () => {
    const { associations } = await stored();
    updated('api', access.role('younger', [POD_IDENTITY]));
    aws().iam.updateRole(access.arn('api'), {
      trust: { Version: '2012-10-17', Statement: [access.oidc('api')] } as any,
    });
    expect((await look({ associations })).api).toMatchObject({
      sentence: 'It has Pod Identity.',
      role: { arn: access.arn('younger') },
    });
  });

  it('are found where their associations were made again', async () => {
    const { associations } = await stored();
    const { id } = associations.get('shop/api')!;
    aws().eks.deleteAssociation(CLUSTER, id);
    aws().iam.deleteRole(access.arn('api'));
    access.associate('api', access.role('younger', [POD_IDENTITY]));
    expect((await look({ associations })).api).toMatchObject({
      verdict: 'no-move',
      role: { arn: access.arn('younger'), exists: true },
    });
  });

  it.each<[string, RegExp, object]>([
    ['iam:GetRole', /iam:GetRole/, {}],
    [
      'eks:DescribePodIdentityAssociation',
      /eks:DescribePodIdentityAssociation on .*:podidentityassociation\/payments-prod\/\*/,
      {},
    ],
    ['time', /within the last two minutes, and IAM shows/, { isNew: true }],
  ])('may be anything without %s', async (action, says, { isNew }: any) => {
    const { associations } = await stored();
    aws().iam.deleteRole(access.arn('api'));
    aws().iam.deleteRole(access.arn('web'));
    if (!isNew) forbidAction(world.sandbox, action);
    const { clock } = access.request();
    const { api, calls } = await look({
      associations,
      ...(isNew ? { clock } : {}),
    });
    expect(api).toMatchObject({
      verdict: 'unknown',
      sentence: expect.stringMatching(
        /^Cannot tell: role api of its association is not among those that were listed, and whether it exists is not known\. /,
      ),
    });
    expect(api?.sentence).toMatch(says);
    // Neither true nor false
    expect(api?.role).toEqual({ arn: access.arn('api') });
    // After one refusal no other role is asked for
    expect(calls['iam:GetRole'] ?? 0).toBe(action === 'iam:GetRole' ? 1 : 0);
  });

  it('say nothing of the policies of a role that was asked for by itself', async () => {
    const { roles } = await stored();
    await access.runs('other', {
      role: access.role('young', [access.oidc('other'), POD_IDENTITY]),
    });
    updated('api', access.arn('young'));
    const { api, other } = await look({ roles });
    expect(api).toMatchObject({ sentence: 'It has Pod Identity.' });
    expect(other?.sentence).not.toMatch(/may assume other roles/);
  });

  it('end the look with it', async () => {
    const request: AccessRequest = {
      ...access.request(),
      evidence: undefined,
      ...(await stored()),
    };
    const ended = new AbortController();
    ended.abort(new Error('over'));
    await expect(
      lookAtAccess({ ...request, roles: new Map(), signal: ended.signal }),
    ).rejects.toThrow('over');
  });
});
