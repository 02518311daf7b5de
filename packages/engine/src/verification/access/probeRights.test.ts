import { entityTags } from '../../identity/entityRecord';
import { entity, USER } from '../../guardrails/__testUtils__/context';
import { context } from '../__testUtils__/judge';
import type { Collecting } from '../framework/collecting';
import { type Fact, known, lacking } from '../framework/fact';
import { collectMayRun, collectMayTest } from './probeRights';

const MINE = entity('mine', 'group:default/a');
/** By hand, with the uid of the component. */
const tags = entityTags(MINE);
const role = known({ tags });
const unread = lacking({ kind: 'unreachable', sentence: 'No answer.' });

/** What the pod of a user may do where these facts are known. */
const rights = async (
  facts: Record<string, Fact<unknown>>,
  claimant: object | undefined = USER,
) => {
  const get = jest.fn(async (name: string) => facts[name] ?? known(null));
  const run = {
    request: { ref: context.ref },
    operation: {
      config: { portalId: 'portal' },
      claimant,
      entity: MINE,
      findEntity: async () => MINE,
    },
    read: { cluster: { guardrails: { probe: { trustClaims: false } } } },
    get,
  } as unknown as Collecting;
  const [mayRun, mayTest] = [
    await collectMayRun(run),
    await collectMayTest(run),
  ];
  return { mayRun, mayTest, get };
};

describe('a pod under an identity', () => {
  const to = (targetRoleArn?: string) => known({ tags: {}, targetRoleArn });

  it.each<[string, Record<string, Fact<unknown>>]>([
    ['the association', { association: known({ tags }) }],
    ['the role', { association: to(), role }],
    ['the role, without an association', { role }],
    [
      'the role at the end of a chain',
      { association: to('arn:target'), targetRole: known({ role }) },
    ],
  ])('may try commands for whom %s names', async (_, facts) => {
    expect(await rights(facts)).toMatchObject({
      mayRun: known(true),
      mayTest: known(true),
    });
  });

  it.each<[string, Record<string, Fact<unknown>>]>([
    ['nothing', {}],
    ['an unread role', { association: to(), role: unread }],
    [
      'the first role of a chain alone',
      {
        association: to('arn:target'),
        role,
        targetRole: known({ role: known({ tags: {} }) }),
      },
    ],
    [
      'an unread role at the end of a chain',
      { association: to('arn:target'), role, targetRole: unread },
    ],
    [
      'the end of a chain in another account',
      {
        association: to('arn:target'),
        role,
        targetRole: known({ role: unread }),
      },
    ],
  ])('is kept from those whom %s names', async (_, facts) => {
    const { mayRun, mayTest } = await rights(facts);
    const withheld = (sentence: RegExp) => ({
      lack: { kind: 'withheld', sentence: expect.stringMatching(sentence) },
    });
    expect(mayRun).toMatchObject(withheld(/^No pod was run: /));
    expect(mayTest).toMatchObject(withheld(/^Not tried: /));
  });

  it('tries no commands for those who only claim it', async () => {
    const claimant = { ...USER, claimsIt: true };
    expect(await rights({}, claimant)).toMatchObject({
      mayRun: known(true),
      mayTest: { lack: { kind: 'withheld' } },
    });
  });

  it('is not decided while the association is unread', async () => {
    const { mayRun, mayTest } = await rights({ association: unread, role });
    expect([mayRun, mayTest]).toEqual([unread, unread]);
  });

  it.each<[string, object | null]>([
    ['a part of the portal', null],
    ['an administrator', { ...USER, isAdministrator: true }],
  ])('needs no association where %s asks', async (_, claimant) => {
    const { mayRun, mayTest, get } = await rights(
      { association: unread },
      claimant as object,
    );
    expect([mayRun, mayTest]).toEqual([known(true), known(true)]);
    expect(get).not.toHaveBeenCalled();
  });
});
