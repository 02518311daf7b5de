import type { IdentityParts } from 'backstage-plugin-eks-pod-identity-common';
import { differences } from './differences';

const arn = (kind: string, name: string, account = '111122223333') =>
  `arn:aws:iam::${account}:${kind}/${name}`;

const association = {
  id: 'a-1',
  modifiedAt: 1,
  roleArn: arn('role', 'api'),
  disableSessionTags: false,
};
const role = { arn: arn('role', 'api'), id: 'AROA1', trust: 't1' };
const policies = { attached: [arn('policy', 'read')], inline: ['own'] };
const BEFORE = { association, role, policies };

describe('what differs of an identity', () => {
  it.each<[string, IdentityParts, string[]]>([
    ['nothing', BEFORE, []],
    [
      'the role of the association, and not what that role is',
      {
        association: { ...association, roleArn: arn('role', 'other') },
        role: { arn: arn('role', 'other'), id: 'AROA2', trust: 't2' },
        policies: { attached: [], inline: [] },
      },
      ['The association has another role: other, not api.'],
    ],
    [
      'a role of the same name in another account',
      {
        ...BEFORE,
        association: { ...association, roleArn: arn('role', 'api', '4444') },
      },
      [
        'The association has another role: arn:aws:iam::4444:role/api, not arn:aws:iam::111122223333:role/api.',
      ],
    ],
    [
      'every other setting',
      {
        ...BEFORE,
        association: {
          ...association,
          id: 'a-2',
          targetRoleArn: arn('role', 'target'),
          disableSessionTags: true,
          policy: 'p',
        },
      },
      [
        'The association was made again.',
        'The association has a target role now: target.',
        'Session tags of the association are off now.',
        'The association has a session policy now.',
      ],
    ],
    [
      'no setting',
      { ...BEFORE, association: { ...association, modifiedAt: 2 } },
      ['The association was written again with the same settings.'],
    ],
    [
      'the association, which is gone',
      { missing: ['association'] },
      ['The association is gone.'],
    ],
    [
      'the role, which is gone',
      { missing: ['role'], association },
      ['The role api is gone.'],
    ],
    [
      'the role, and the new one is missing',
      {
        missing: ['role'],
        association: { ...association, roleArn: arn('role', 'other') },
      },
      ['The association has another role: other, not api.'],
    ],
    [
      'the role itself, its trust, boundary and policies',
      {
        association,
        role: {
          ...role,
          id: 'AROA2',
          trust: 't2',
          boundaryArn: arn('policy', 'limit'),
        },
        policies: { attached: [arn('policy', 'write')], inline: ['new'] },
      },
      [
        'The role api was deleted and made again.',
        'The trust policy of api is different now.',
        'The permissions boundary of api is limit, not none.',
        'The policy write is attached to api now.',
        'The policy read is not attached to api any more.',
        'The role api has the inline policy new now.',
        'The role api has no inline policy own any more.',
      ],
    ],
    ['nothing that was not read', { association }, []],
    ['nothing where nothing was read', {}, []],
  ])('%s', (_what, now, said) => {
    expect(differences(BEFORE, now)).toEqual(said);
  });

  it('is told both ways', () => {
    const more = {
      association: {
        ...association,
        targetRoleArn: arn('role', 'one'),
        policy: 'p',
      },
      role: { ...role, boundaryArn: arn('policy', 'limit') },
    };
    expect(differences(more, { association, role })).toEqual([
      'The association has no target role any more; it was one.',
      'The association has no session policy any more.',
      'The role api has no permissions boundary any more; it was limit.',
    ]);
    expect(
      differences(more, {
        association: {
          ...more.association,
          targetRoleArn: arn('role', 'two'),
          policy: 'q',
        },
        role: { ...role, boundaryArn: arn('policy', 'less') },
      }),
    ).toEqual([
      'The association has another target role: two, not one.',
      'The association has another session policy.',
      'The permissions boundary of api is less, not limit.',
    ]);
  });

  it('is not known of a report of an earlier version', () => {
    expect(differences(undefined, BEFORE)).toEqual([]);
    expect(differences(BEFORE, undefined)).toEqual([]);
  });
});
