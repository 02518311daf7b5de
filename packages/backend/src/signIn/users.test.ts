import { ConfigReader } from '@backstage/config';
import { chosenUser, readSandboxUsers } from './users';

const provider = {
  auth: {
    providers: {
      sandbox: {
        users: [
          { entityRef: 'user:default/ana', title: 'Ana' },
          { entityRef: 'User:default/Sam', title: 'Sam' },
        ],
      },
    },
  },
};

describe('readSandboxUsers', () => {
  it('reads the users of a portal that is a sandbox', () => {
    const config = new ConfigReader({
      ...provider,
      sandbox: { enabled: true },
    });
    expect(readSandboxUsers(config)).toEqual(
      new Set(['user:default/ana', 'user:default/sam']),
    );
  });

  it('is absent where it is not configured', () => {
    expect(readSandboxUsers(new ConfigReader({}))).toBeUndefined();
  });

  it.each([{}, { sandbox: { enabled: false } }])(
    'refuses to start where the portal is no sandbox (%j)',
    sandbox => {
      expect(() =>
        readSandboxUsers(new ConfigReader({ ...provider, ...sandbox })),
      ).toThrow('refused because sandbox.enabled is not true');
    },
  );
});

describe('chosenUser', () => {
  const users = new Set(['user:default/ana']);

  it('answers the full reference', () => {
    expect(chosenUser('user:default/ana', users)).toBe('user:default/ana');
    expect(chosenUser('ana', users)).toBe('user:default/ana');
  });

  it.each([
    [undefined, 'Choose one of the sandbox users'],
    ['user:default/priya', 'is not one of the sandbox users'],
    ['group:default/ana', 'is not one of the sandbox users'],
    ['user:', 'is not a user reference'],
  ])('refuses %s', (header, message) => {
    expect(() => chosenUser(header, users)).toThrow(
      expect.objectContaining({
        name: 'NotAllowedError',
        message: expect.stringContaining(message),
      }),
    );
  });
});
