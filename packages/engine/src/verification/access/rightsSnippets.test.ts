import { known, lacking, type Lack } from '../framework/fact';
import { lackOutcome } from './lackOutcome';
import { lacksOf, sentencesOf } from './portalLacks';
import { rbacSnippet } from './rightsSnippets';

const READ_NAMESPACE = { verb: 'get', resource: 'namespaces' };

describe('rbacSnippet', () => {
  it('puts the verbs of one object into one rule', () => {
    const { text } = rbacSnippet([
      { verb: 'list', resource: 'pods' },
      { verb: 'get', resource: 'pods' },
      { verb: 'list', resource: 'pods', group: 'metrics.k8s.io' },
      { verb: 'get', resource: 'pods', name: 'api-0' },
    ]);
    expect(text.split('\n---\n')[0].split('rules:\n')[1]).toBe(
      `  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["get", "list"]
  - apiGroups: ["metrics.k8s.io"]
    resources: ["pods"]
    verbs: ["list"]
  - apiGroups: [""]
    resources: ["pods"]
    resourceNames: ["api-0"]
    verbs: ["get"]`,
    );
  });

  it('grants what has a namespace there alone', () => {
    const { text } = rbacSnippet([
      { ...READ_NAMESPACE, namespace: 'payments', role: 'verify' },
    ]);
    expect(text).toMatch(
      /^kind: Role\nmetadata:\n {2}name: backstage-eks-pod-identity-added-verify-\w{8}\n {2}namespace: payments\nrules:/m,
    );
    expect(text).toMatch(/^kind: RoleBinding$/m);
    expect(text).toContain('    name: backstage-verifiers');
  });

  it('grants the rest in the whole cluster, to the role that reads', () => {
    const { text } = rbacSnippet([READ_NAMESPACE]);
    expect(text).toMatch(/^kind: ClusterRole$/m);
    expect(text).toMatch(/^kind: ClusterRoleBinding$/m);
    expect(text).not.toContain('namespace:');
    expect(text).toContain('    name: backstage-readers');
  });
});

describe('lackOutcome', () => {
  const kubernetes: Lack = {
    kind: 'denied',
    sentence: 'The portal is not allowed to read it.',
    kubernetes: { ...READ_NAMESPACE, namespace: 'payments' },
    via: 'kubernetes',
  };

  it('names the right, its namespace and the check of the access', () => {
    expect(lackOutcome(kubernetes, {})).toMatchObject({
      status: 'unknown',
      message: kubernetes.sentence,
      explainedBy: { check: 'access.kubernetes' },
      fix: {
        actions: [
          'Allow "get namespaces" in namespace payments to the portal\'s user in the cluster. Everything that user needs is in docs/permissions.md#kubernetes-reading.',
        ],
        snippet: rbacSnippet([kubernetes.kubernetes!]),
      },
    });
  });

  it('says nothing of a namespace for what has none', () => {
    expect(
      lackOutcome({ ...kubernetes, kubernetes: READ_NAMESPACE }, {}).fix
        ?.actions,
    ).toEqual([
      'Allow "get namespaces" to the portal\'s user in the cluster. Everything that user needs is in docs/permissions.md#kubernetes-reading.',
    ]);
  });

  it('has the address of the page about permissions where that is known', () => {
    const permissionsUrl = 'https://portal.example.com/permissions';
    expect(
      lackOutcome(
        { ...kubernetes, kubernetes: READ_NAMESPACE },
        { permissionsUrl },
      ).fix?.actions,
    ).toEqual([
      expect.stringContaining(`${permissionsUrl}#kubernetes-reading.`),
    ]);
  });

  it('has no right to grant where nothing answered', () => {
    const { fix, explainedBy } = lackOutcome(
      {
        kind: 'unreachable',
        sentence: 'Nothing answered.',
        kubernetes: READ_NAMESPACE,
      },
      {},
    );
    expect({ fix, explainedBy }).toEqual({});
  });

  it('leaves a check out that another one made pointless', () => {
    expect(
      lackOutcome(
        {
          kind: 'because',
          sentence: 'There is no role.',
          because: 'role.exists',
        },
        {},
      ),
    ).toMatchObject({
      status: 'skip',
      message: 'There is no role.',
      explainedBy: { check: 'role.exists' },
    });
  });
});

describe('what the portal lacks', () => {
  const denied = (sentence: string) => lacking({ kind: 'denied', sentence });

  it('has one key, for every check that lacks it and however it says so', () => {
    const right = { verb: 'list', resource: 'pods', namespace: 'shop' };
    const key = (lack: object, sentence = 'No.') =>
      lackOutcome({ kind: 'denied', sentence, ...lack }, {}).lacks;
    expect(key({ kubernetes: right })).toMatch(/^[0-9a-f]{12}$/);
    expect(key({ kubernetes: { ...right, role: 'verify' } }, 'Nor this.')).toBe(
      key({ kubernetes: right }),
    );
    const others = [
      { kubernetes: { ...right, namespace: 'bank' } },
      { aws: { action: 'iam:GetRole', resource: '*' } },
      {},
    ];
    const all = [{ kubernetes: right }, ...others].map(lack => key(lack));
    expect(new Set([...all, key({}, 'No answer.')]).size).toBe(5);
  });

  it('says each thing once', () => {
    const lacks = lacksOf([
      denied('The portal is not allowed to list pods.'),
      known({}),
      denied('The portal is not allowed to list pods.'),
      lacking({ kind: 'off', sentence: 'The cluster is without access.' }),
      denied('The portal is not allowed to get roles.'),
    ]);
    expect(sentencesOf(lacks).join(' ')).toBe(
      'The portal is not allowed to list pods. The portal is not allowed to get roles.',
    );
  });

  it.each([
    [3, 'a. b. c.'],
    [5, 'a. b. c. And 2 more of that kind.'],
  ])('of %d', (count, text) => {
    const facts = ['a.', 'b.', 'c.', 'd.', 'e.'].slice(0, count).map(denied);
    expect(sentencesOf(lacksOf(facts)).join(' ')).toBe(text);
  });
});
