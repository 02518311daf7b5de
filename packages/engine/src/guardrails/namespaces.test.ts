import { contextWith } from './__testUtils__/context';
import { checkNamespace, isOpenNamespace } from './namespaces';

const cluster = (namespaces: { allow?: string[]; deny?: string[] }) =>
  contextWith({ namespaces }).cluster;

describe('namespaces of a cluster', () => {
  it.each<[string, { allow?: string[]; deny?: string[] }, string, boolean]>([
    ['one that is allowed', { allow: ['team-*'], deny: [] }, 'team-a', true],
    ['one that no rule names', { allow: ['team-*'], deny: [] }, 'shop', false],
    [
      'one that is denied although it is allowed',
      { allow: ['*'], deny: ['team-*'] },
      'team-a',
      false,
    ],
    [
      'another than the denied',
      { allow: ['*'], deny: ['team-*'] },
      'shop',
      true,
    ],
    ['any without an allowed one', { allow: [], deny: [] }, 'shop', false],
  ])('%s', (_what, rules, namespace, open) => {
    expect(isOpenNamespace(namespace, cluster(rules))).toBe(open);
    const refusal = () => {
      try {
        return checkNamespace(namespace, cluster(rules));
      } catch (error) {
        return (error as Error).name;
      }
    };
    expect(refusal()).toBe(open ? undefined : 'NotAllowedError');
  });

  it('are refused by the rule that says so', () => {
    expect(() =>
      checkNamespace('team-a', cluster({ allow: ['*'], deny: ['team-*'] })),
    ).toThrow('namespaces.deny names team-*');
    expect(() =>
      checkNamespace('shop', cluster({ allow: ['a', 'b'], deny: [] })),
    ).toThrow('namespaces.allow lists a, b');
    expect(() =>
      checkNamespace('shop', cluster({ allow: [], deny: [] })),
    ).toThrow('namespaces.allow lists none');
  });
});
