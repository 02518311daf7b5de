import type { UserInfoService } from '@backstage/backend-plugin-api';
import { Administrators } from './Administrators';
import {
  actorOf,
  type Caller,
  checkTask,
  initiatorOf,
  triggerOf,
} from './caller';
import { readClaimant, toClaimant } from './claimant';

const callerOf = (principal: object) => ({ principal } as Caller);
const user = callerOf({ type: 'user', userEntityRef: 'user:default/ada' });
const through = (subject: string) =>
  callerOf({
    type: 'user',
    userEntityRef: 'user:default/ada',
    actor: { subject },
  });
const scaffolder = through('plugin:scaffolder');
const service = callerOf({ type: 'service', subject: 'external:pipeline' });

const owning = (...ownershipEntityRefs: string[]) =>
  ({
    getUserInfo: async () => ({
      userEntityRef: 'user:default/ada',
      ownershipEntityRefs,
    }),
  } as UserInfoService);

describe('a caller', () => {
  it.each<[string, Caller, object]>([
    [
      'user',
      user,
      {
        initiator: { type: 'user', name: 'user:default/ada' },
        trigger: 'user',
        actor: undefined,
      },
    ],
    [
      'user of a template',
      scaffolder,
      {
        initiator: { type: 'user', name: 'user:default/ada' },
        trigger: 'action',
        actor: 'plugin:scaffolder',
      },
    ],
    [
      'user of another plugin',
      through('plugin:mcp'),
      {
        initiator: { type: 'user', name: 'user:default/ada' },
        trigger: 'user',
        actor: 'plugin:mcp',
      },
    ],
    [
      'service',
      service,
      {
        initiator: { type: 'service', name: 'external:pipeline' },
        trigger: 'action',
        actor: undefined,
      },
    ],
  ])('is known as a %s', (_, caller, expected) => {
    expect({
      initiator: initiatorOf(caller),
      trigger: triggerOf(caller),
      actor: actorOf(caller),
    }).toEqual(expected);
  });

  it('names a task as a service and as the scaffolder, and as no other user', () => {
    for (const caller of [service, scaffolder]) checkTask(caller, 't');
    for (const caller of [user, through('plugin:mcp')]) {
      checkTask(caller, undefined);
      expect(() => checkTask(caller, 't')).toThrow('taskId is not allowed');
    }
  });
});

describe('an administrator', () => {
  const administrators = ['group:default/admins', 'group:default/platform'];
  const of = (config: string[], ...refs: string[]) =>
    new Administrators({
      config: { administrators: config },
      userInfo: owning(...refs),
    });

  it('is a user of whom app-config names one ref', async () => {
    expect(
      await of(
        administrators,
        'user:default/ada',
        'Group:default/Admins',
      ).include(user),
    ).toBe(true);
    expect(await of(administrators, 'user:default/ada').include(user)).toBe(
      false,
    );
    expect(await of([], 'user:default/ada').include(user)).toBe(false);
  });

  it('is every service', async () =>
    expect(await of([]).include(service)).toBe(true));

  it('is asked for, with a word where the portal has none', async () => {
    await of(administrators, administrators[0]).require(user, 'Only they may');
    await expect(
      of(administrators).require(user, 'Only they may'),
    ).rejects.toThrow(/^Only they may$/);
    await expect(of([]).require(user, 'Only they may')).rejects.toThrow(
      'Only they may, and this portal has none: let app-config name',
    );
  });

  it('is stored with what they own, in lower case', async () => {
    const stored = await readClaimant(user, owning('User:default/Ada'), {
      administrators,
    });
    expect(stored).toEqual({
      claims: ['user:default/ada'],
      isAdministrator: false,
    });
    expect(toClaimant({ ...stored, mayUpdate: ['a/b/c'] })).toEqual({
      claims: new Set(['user:default/ada']),
      isAdministrator: false,
      mayUpdate: new Set(['a/b/c']),
    });
    expect(toClaimant(stored).mayUpdate).toEqual(new Set());
  });
});
