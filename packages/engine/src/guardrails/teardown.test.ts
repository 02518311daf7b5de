import { contextWith, USER } from './__testUtils__/context';
import { checkTeardown } from './requests';

const REF = {
  clusterName: 'payments',
  namespace: 'shop',
  serviceAccount: 'api',
};

describe('checkTeardown', () => {
  it('removes what the portal made from a namespace that was closed since', () => {
    expect(() =>
      checkTeardown({ ...REF, namespace: 'kube-system' }, contextWith()),
    ).not.toThrow();
  });

  it.each<
    [string, Record<string, unknown>, Parameters<typeof contextWith>, RegExp]
  >([
    ['the agent', { removeAgent: true }, [], /removeAgent is not allowed/],
    [
      'the agent without the permission',
      { removeAgent: true },
      [{ allow: { installAgent: true } }, {}, { granted: new Set() }],
      /you lack the permission/,
    ],
    ['an empty task', { createdByTask: ' ' }, [], /createdByTask is empty/],
    [
      'a task that the scaffolder left out',
      { onlyCreatedByTask: true },
      [],
      /onlyCreatedByTask is set, but/,
    ],
    [
      'a user without a component',
      {},
      [{}, {}, { claimant: USER }],
      /entityRef is missing/,
    ],
  ])('refuses %s', (_, input, context, sentence) => {
    expect(() =>
      checkTeardown({ ...REF, ...input } as any, contextWith(...context)),
    ).toThrow(sentence);
  });
});
