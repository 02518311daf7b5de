import {
  askedSettings,
  changeTo,
  clearedSettings,
  differingSettings,
  isAsAsked,
  reasonsFor,
  SETTING_NAMES,
  settingsAfter,
  settingsOf,
} from './associationSettings';

const READER = 'arn:aws:iam::444455556666:role/reader';
const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
};
const live = {
  roleArn: 'arn:aws:iam::111122223333:role/api',
  targetRoleArn: READER,
  disableSessionTags: true,
  policy: JSON.stringify(POLICY),
};

describe('settings of an association', () => {
  it('are read from the association without its other members', () => {
    const association = { ...live, id: 'a-1', arn: 'arn:x', tags: { a: 'b' } };
    expect(settingsOf(association)).toEqual(live);
    expect(Object.keys(settingsOf(association))).toEqual(SETTING_NAMES);
  });

  it('are taken from the inputs, where an empty text clears one', () => {
    expect(askedSettings({ trigger: 'x' } as any)).toEqual({});
    expect(
      askedSettings(
        {
          targetRoleArn: READER,
          disableSessionTags: false,
          sessionPolicy: POLICY,
        } as any,
        live.roleArn,
      ),
    ).toEqual({
      roleArn: live.roleArn,
      targetRoleArn: READER,
      disableSessionTags: false,
      policy: live.policy,
    });
    expect(
      askedSettings({ targetRoleArn: '', sessionPolicy: '' } as any),
    ).toEqual({ targetRoleArn: null, policy: null });
  });

  it('stay unchanged where the request names none', () => {
    expect(settingsAfter(live, {})).toEqual(live);
    expect(settingsAfter(live, askedSettings({} as any))).toEqual(live);
    expect(settingsAfter(undefined, {})).toEqual({ disableSessionTags: false });
    expect(
      settingsAfter(live, {
        targetRoleArn: null,
        policy: null,
        disableSessionTags: false,
      }),
    ).toEqual({
      roleArn: live.roleArn,
      targetRoleArn: undefined,
      policy: undefined,
      disableSessionTags: false,
    });
  });

  it('match the request where both mean the same', () => {
    const asked = (over: object) =>
      SETTING_NAMES.filter(name => !isAsAsked(name, live, over));
    expect(asked({})).toEqual([]);
    expect(asked(live)).toEqual([]);
    const respelled = JSON.stringify({
      Statement: { Resource: ['*'], Action: ['S3:*'], Effect: 'Allow' },
      Version: '2012-10-17',
    });
    expect(asked({ policy: respelled })).toEqual([]);
    expect(
      asked({
        roleArn: READER,
        targetRoleArn: null,
        disableSessionTags: false,
        policy: '{}',
      }),
    ).toEqual(SETTING_NAMES);
    expect(asked({ policy: null })).toEqual(['policy']);
    expect(isAsAsked('targetRoleArn', {}, { targetRoleArn: null })).toBe(true);
    expect(isAsAsked('targetRoleArn', {}, { targetRoleArn: READER })).toBe(
      false,
    );
  });

  it('differ where an association is not as it is wanted', () => {
    const none = { roleArn: live.roleArn, disableSessionTags: false };
    expect(differingSettings(live, live)).toEqual([]);
    expect(differingSettings(none, none)).toEqual([]);
    expect(
      differingSettings(live, {
        ...live,
        policy: JSON.stringify(POLICY, null, 2),
      }),
    ).toEqual([]);
    expect(differingSettings(live, { ...live, roleArn: READER })).toEqual([
      'roleArn',
    ]);
    // A setting that should not be there differs, and so does one that is missing.
    const all = ['targetRoleArn', 'disableSessionTags', 'policy'];
    expect(differingSettings(live, none)).toEqual(all);
    expect(differingSettings(none, live)).toEqual(all);
  });
});

describe('a change of settings', () => {
  it('takes a setting away by the empty text that EKS asks for', () => {
    expect(changeTo('targetRoleArn', undefined)).toBe('');
    expect(changeTo('policy', undefined)).toBe('');
    // An association always has these.
    expect(changeTo('roleArn', undefined)).toBeNull();
    expect(changeTo('disableSessionTags', undefined)).toBeNull();
    expect(changeTo('targetRoleArn', READER)).toBe(READER);
    expect(changeTo('disableSessionTags', false)).toBe(false);
  });

  it('says which settings it clears', () => {
    expect(clearedSettings({ targetRoleArn: '', policy: '' })).toEqual([
      'targetRoleArn',
      'policy',
    ]);
    expect(clearedSettings({ targetRoleArn: READER, policy: '' })).toEqual([
      'policy',
    ]);
    expect(clearedSettings({ disableSessionTags: false })).toEqual([]);
  });

  it.each<[Parameters<typeof reasonsFor>[0], string[]]>([
    [{}, []],
    [{ roleArn: READER }, ['its role is replaced']],
    [{ targetRoleArn: READER }, ['the target role differs']],
    [{ targetRoleArn: '' }, ['the target role is cleared']],
    [{ disableSessionTags: true }, ['session tags are turned off']],
    [{ disableSessionTags: false }, ['session tags are turned on']],
    [{ policy: '{}' }, ['the session policy differs']],
    [{ policy: '' }, ['the session policy is cleared']],
    [
      { policy: '{}', roleArn: READER },
      ['its role is replaced', 'the session policy differs'],
    ],
  ])('%j has the reasons %j', (changes, reasons) => {
    expect(reasonsFor(changes)).toEqual(reasons);
  });
});
