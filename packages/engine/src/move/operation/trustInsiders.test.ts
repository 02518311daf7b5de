import { letPortalPass } from 'eks-sandbox';
import type { PolicyStatement } from '../../iam/policyDocument';
import { askedBy } from '../../lifecycle/__testUtils__/asking';
import { MoveWorld } from '../__testUtils__/MoveWorld';
import { PLANTED } from '../__testUtils__/planted';

const MINE = 'component:default/mine';

let world: MoveWorld;
afterEach(() => world.stop());

describe('who may deploy, and writes the variables of Pod Identity into a template', () => {
  const attempt = async (trust: (text: string) => string) => {
    world = await MoveWorld.start({
      trusted: false,
      edits: true,
      component: MINE,
    });
    const closed: PolicyStatement[] = JSON.parse(
      trust(JSON.stringify(world.trust())),
    );
    world.putTrust(closed);
    await world.world.kube().apply([PLANTED] as any);
    await world.world.sandbox.clock.advance(60_000);
    world.world.sandbox.calls.reset();
    const ended = world.migrate(
      { entityRef: MINE, until: 'moved' },
      askedBy({ owns: [MINE] }, new Map(), MINE),
    );
    const words = await ended.then(
      ({ state }) => state,
      ({ message }: Error) => message,
    );
    return {
      words,
      closed,
      writes: world.writes(),
      trust: world.trust(),
      association: world.association(),
      records: world.trusts.all(),
    };
  };

  it.each<[string, (text: string) => string]>([
    [
      'a role that lets another service account in',
      text => text.replace(/:shop:api"/g, ':payments:api"'),
    ],
    [
      'a role that lets a pattern in',
      text =>
        text
          .replace(/"StringEquals"/g, '"StringLike"')
          .replace(/:shop:api"/g, ':shop:*"'),
    ],
    [
      'a role that asks for a condition which does not carry over',
      text =>
        text.replace(
          /"Condition":\{/g,
          '"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},',
        ),
    ],
    ['a role that lets it in by IRSA', text => text],
  ])('gets nothing of %s', async (_, trust) => {
    const { closed, words, ...left } = await attempt(trust);
    expect(words).toMatch(/^Nothing was changed/);
    expect(left).toEqual({
      writes: [],
      trust: closed,
      association: undefined,
      records: [],
    });
  });
});

it('who writes them beside the annotation of a role that is not theirs gets no association by a way back', async () => {
  const [theirs] = ['arn:aws:iam::111122223333:role/theirs'];
  world = await MoveWorld.start({
    component: MINE,
    trusted: false,
    role: {
      name: 'theirs',
      more: [
        {
          Effect: 'Allow',
          Principal: { Service: 'pods.eks.amazonaws.com' },
          Action: ['sts:AssumeRole', 'sts:TagSession'],
        },
      ],
    },
  });
  const { aws, clock, credentials } = world.world.sandbox;
  letPortalPass(aws, credentials, [theirs]);
  world.putTrust(world.trust().slice(1));
  await world.world.kube().apply([PLANTED] as any);
  await clock.advance(60_000);
  await expect(
    world.rollback(
      { entityRef: MINE },
      askedBy({ owns: [MINE] }, new Map(), MINE),
    ),
  ).rejects.toThrow(/A test pod did not obtain the role by IRSA/);
  expect(world.association()).toBeUndefined();
});

it('who owns the service account alone is shown nothing of what the owner of the role has to do', async () => {
  world = await MoveWorld.start({
    trusted: false,
    edits: true,
    component: MINE,
    role: { tags: {} },
  });
  const ended = world.migrate(
    { entityRef: MINE, until: 'moved' },
    askedBy({ owns: [MINE] }, new Map(), MINE),
  );
  const words = await ended.then(
    ({ kind }) => kind,
    ({ message }: Error) => message,
  );
  expect(words).toMatch(/ask its owner to add/);
  expect(words).not.toMatch(/edit-trust|editTrust|tag-role/);
});
