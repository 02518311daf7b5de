import { MANAGED_BY } from 'backstage-plugin-eks-pod-identity-common';
import { entityTags } from '../identity/entityRecord';
import type { Tags } from '../identity/ownership';
import { entity, USER } from './__testUtils__/context';
import type { Claimant } from './identityOwner';
import { holderByTag, probeRight } from './probeRight';

const MINE = entity('mine', 'group:default/a');
const OTHERS = entity('others', 'group:default/b');
const of = (one: typeof MINE, portal?: string): Tags => ({
  ...entityTags(one),
  ...(portal ? { 'backstage.io/portal': portal } : {}),
});
const BY_NAME = { 'backstage.io/entity-ref': MINE.entityRef };
const BY_HAND = { ...BY_NAME, 'backstage.io/entity-uid': MINE.uid };
const OF_PORTAL = { ...BY_NAME, 'backstage.io/managed-by': MANAGED_BY };

interface Row {
  who?: Partial<Claimant> | 'a service';
  tags?: Tags;
  role?: Tags;
  trustClaims?: boolean;
  /** The catalog gives no uids. */
  noUids?: boolean;
}

const right = ({ who = {}, tags, role, trustClaims = false, noUids }: Row) => {
  const mine = noUids ? { ...MINE, uid: '' } : MINE;
  return probeRight(
    {
      ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
      portalId: 'ours',
      guardrails: { probe: { commands: {}, policyTests: {}, trustClaims } },
      tags,
      roleTags: async () => role,
    },
    {
      claimant: who === 'a service' ? undefined : { ...USER, ...who },
      entity: mine,
      findEntity: async ref =>
        [mine, OTHERS].find(({ entityRef }) => entityRef === ref),
    },
  );
};

const CLAIM = { claimsIt: true };

describe('probeRight', () => {
  it.each<[string, Row]>([
    ['a service, which is a part of the portal', { who: 'a service' }],
    ['an administrator', { who: { isAdministrator: true } }],
    [
      'an administrator, under the identity of another component',
      { who: { isAdministrator: true }, tags: of(OTHERS) },
    ],
    ['whom a condition of the policy lets', { who: { decided: true } }],
    ['the component that the association names', { tags: of(MINE, 'ours') }],
    ['the component that a tag by hand names', { tags: BY_HAND }],
    ['the component that the role names', { role: BY_HAND }],
    [
      'the component that the role names, beside tags of another tool',
      { tags: { team: 'a' }, role: of(MINE) },
    ],
    ['what a portal made before it recorded uids', { tags: OF_PORTAL }],
    [
      'a name, where the catalog gives no uids',
      { tags: BY_NAME, noUids: true },
    ],
    [
      'a trusted claim beside a tag with the name alone',
      { who: CLAIM, trustClaims: true, tags: BY_NAME },
    ],
    ['a claim that the portal trusts', { who: CLAIM, trustClaims: true }],
    [
      'a trusted claim beside a role that is shared',
      { who: CLAIM, trustClaims: true, role: of(OTHERS) },
    ],
  ])('lets the pod try commands for %s', async (_, row) => {
    expect(await right(row)).toEqual({});
  });

  it.each<[string, Row]>([
    ['a claim', {}],
    ['a claim beside a role of another component', { role: of(OTHERS) }],
    [
      'a claim beside an association of another component',
      { tags: of(OTHERS) },
    ],
    [
      'a trusted claim beside an association of another component',
      { tags: of(OTHERS), trustClaims: true },
    ],
    ['a claim beside a tag with the name alone', { tags: BY_NAME }],
    ['a claim beside a role with the name alone', { role: BY_NAME }],
    [
      'a trusted claim beside an earlier component of the name',
      {
        tags: { ...BY_NAME, 'backstage.io/entity-uid': 'earlier' },
        trustClaims: true,
      },
    ],
    [
      'a claim beside tags of another portal, whose catalog is another',
      { tags: of(MINE, 'theirs') },
    ],
    [
      'a role of one’s own beside an association of another component',
      { tags: of(OTHERS), role: of(MINE) },
    ],
  ])('lets the pod only ask who it is for %s', async (_, row) => {
    const { noPod, noTests } = await right({ ...row, who: CLAIM });
    expect(noPod).toBeUndefined();
    expect(noTests).toMatch(
      [row.tags, row.role].includes(BY_NAME)
        ? /^Not tried: a tag on AWS names a component of the user who asked without its uid, and a name can be registered again\. It takes/
        : /^Not tried: no tag on AWS gives this identity/,
    );
  });

  it.each<[string, Row]>([
    ['a stranger', {}],
    ['a stranger, whatever claims are good for', { trustClaims: true }],
    ['a stranger to the role', { role: of(OTHERS) }],
    ['one of the name', { tags: BY_NAME }],
    ['one of the name of the role', { role: BY_NAME }],
  ])('lets no pod run for %s', async (_, row) => {
    const { noPod, noTests } = await right(row);
    expect(noPod).toMatch(/^No pod was run: /);
    expect(noTests).toMatch(/^Not tried: /);
  });

  it('says what would allow it', async () => {
    expect(await right({ who: CLAIM })).toEqual({
      noTests:
        'Not tried: no tag on AWS gives this identity to a component of the user who asked, and an annotation is a claim that anybody can write. It takes the tags backstage.io/entity-ref=component:default/mine and backstage.io/entity-uid=uid-mine on the association or the role that the pod ends up with, or an administrator (eksPodIdentity.administrators) who asks, or a condition of the permission policy that allows eks-pod-identity.verification.create here, or guardrails.probe.trustClaims: true.',
    });
    expect((await right({ noUids: true })).noTests).toContain(
      'the tag backstage.io/entity-ref=component:default/mine on the association',
    );
    expect((await right({ tags: BY_NAME })).noPod).toMatch(
      /^No pod was run: a tag on AWS names a component of the user who asked without its uid, and a name can be registered again\. It takes/,
    );
    expect((await right({})).noPod).toBe(
      'No pod was run: neither a tag on AWS nor the annotation of the component gives it this identity. It takes prod/payments/api in its annotation aws.amazon.com/eks-pod-identity, or the tags backstage.io/entity-ref=component:default/mine and backstage.io/entity-uid=uid-mine on the association or the role that the pod ends up with, or an administrator (eksPodIdentity.administrators) who asks, or a condition of the permission policy that allows eks-pod-identity.verification.create here.',
    );
    // No trust in claims helps where a tag says whose it is
    const { noTests } = await right({ who: CLAIM, tags: of(OTHERS) });
    expect(noTests).not.toMatch(/trustClaims|others/);
  });
});

describe('holderByTag', () => {
  it('is the component of the tags where they say which one of the name, and are of this portal', () => {
    const holder = (tags: Tags) => holderByTag(tags, 'ours')?.entityRef;
    expect(holder(BY_HAND)).toBe(MINE.entityRef);
    expect(holder(of(MINE, 'ours'))).toBe(MINE.entityRef);
    expect(holder(OF_PORTAL)).toBe(MINE.entityRef);
    expect(holder(BY_NAME)).toBeUndefined();
    expect(holder(of(MINE, 'another'))).toBeUndefined();
    expect(holder({})).toBeUndefined();
  });
});
