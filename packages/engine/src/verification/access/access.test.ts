import type { AnyCheck, Outcome } from '../framework/check';
import { context, denied, shown, type Shown } from '../__testUtils__/judge';
import { known, lacking } from '../framework/fact';
import { accessAws } from './aws';
import { accessKubernetes } from './kubernetes';

const off = lacking({ kind: 'off', sentence: 'Switched off.' });
const unreachable = lacking({
  kind: 'unreachable',
  sentence: 'No answer.',
  fix: { cause: 'The network.', actions: [] },
});

/** Every fact that a check uses is known, except these. */
const judge = (
  check: AnyCheck,
  over: Record<string, unknown>,
  more: object = {},
): Shown =>
  shown(
    check.evaluate(
      {
        ...Object.fromEntries(
          [...check.needs, ...check.uses].map(name => [name, known({})]),
        ),
        ...over,
      },
      { ...context, ...more },
    ) as Outcome,
  );

describe('access.aws', () => {
  const role = lacking({
    kind: 'denied',
    sentence: 'No GetRole.',
    aws: { action: 'iam:GetRole', resource: 'arn:r' },
  });

  it('passes where only the cluster could not be read', () => {
    const kubernetes = lacking({
      kind: 'denied',
      sentence: 'No pods.',
      kubernetes: { verb: 'list', resource: 'pods' },
    });
    expect(judge(accessAws, {})).toMatchObject({
      status: 'pass',
      message: 'AWS answered every question about payments-prod.',
    });
    expect(judge(accessAws, { role: off }).status).toBe('pass');
    expect(judge(accessAws, { role: kubernetes }).status).toBe('pass');
  });

  it('collects what to grant, and to which principal', () => {
    const outcome = judge(accessAws, { role, addon: unreachable });
    expect(outcome.status).toBe('unknown');
    expect(outcome.message).toContain('No GetRole.');
    expect(outcome.fix?.actions[0]).toContain("the portal's role");
    expect(outcome.fix?.snippet?.text).toContain('iam:GetRole');
    const named = judge(
      accessAws,
      { role },
      { cluster: { ...context.cluster, roles: { read: 'arn:reader' } } },
    );
    expect(named.fix?.actions[0]).toContain('arn:reader');
  });

  it('can be told from another lack, unless there are several', () => {
    const lacks = (facts: object) => judge(accessAws, { ...facts }).lacks;
    expect(lacks({ role })).toMatch(/^[0-9a-f]{12}$/);
    expect(lacks({ role })).not.toBe(lacks({ role: denied }));
    expect(lacks({ role, addon: unreachable })).toBeUndefined();
  });

  it('advises on problems that no right would solve', () => {
    expect(judge(accessAws, { addon: unreachable }).fix?.cause).toBe(
      'The network.',
    );
    expect(judge(accessAws, { addon: denied }).fix).toBeUndefined();
  });
});

describe('access.kubernetes', () => {
  const pods = lacking({
    kind: 'denied',
    sentence: 'No pods.',
    kubernetes: { verb: 'list', resource: 'pods', namespace: 'payments' },
  });
  const without = (...verbs: string[]) => ({
    podRights: known(Object.fromEntries(verbs.map(verb => [verb, false]))),
  });

  it('is skipped where access is switched off, and passes where every call was answered', () => {
    const cluster = { ...context.cluster, kubernetes: { access: 'none' } };
    expect(judge(accessKubernetes, { pods }, { cluster }).status).toBe('skip');
    expect(judge(accessKubernetes, {})).toMatchObject({
      status: 'pass',
      message: expect.stringContaining('payments/api'),
    });
    expect(judge(accessKubernetes, { podRights: denied }).status).toBe('pass');
    expect(
      judge(accessKubernetes, { podRights: known({ create: true }) }).status,
    ).toBe('pass');
  });

  it('names the rights that the probe or the dry run lacks', () => {
    const sentence = (probe: string) =>
      judge(accessKubernetes, without('create', 'delete'), { probe }).message;
    expect(sentence('pod')).toContain(
      'not allowed to create, delete pods in namespace payments, which the probe needs.',
    );
    expect(sentence('admission')).toContain('which the dry run needs.');
    const outcome = judge(accessKubernetes, { ...without('create'), pods });
    expect(outcome.status).toBe('unknown');
    const text = outcome.fix!.snippet!.text;
    expect(
      text.replace(/-[0-9a-f]{8}$/gm, '-HASH').match(/(verbs|name): .*/g),
    ).toEqual([
      'name: backstage-eks-pod-identity-added-read-HASH',
      'verbs: ["list"]',
      'name: backstage-eks-pod-identity-added-read-HASH',
      'name: backstage-eks-pod-identity-added-read-HASH',
      'name: backstage-readers',
      'name: backstage-eks-pod-identity-added-verify-HASH',
      'verbs: ["create"]',
      'name: backstage-eks-pod-identity-added-verify-HASH',
      'name: backstage-eks-pod-identity-added-verify-HASH',
      'name: backstage-verifiers',
    ]);
  });

  it('keeps the rules of an earlier fix', () => {
    const nameFor = (verb: string) =>
      /name: (\S+added\S+)/.exec(
        judge(accessKubernetes, without(verb)).fix!.snippet!.text,
      )![1];
    expect(nameFor('create')).toBe(nameFor('create'));
    expect(nameFor('create')).not.toBe(nameFor('delete'));
  });

  it('advises on problems that no right would solve', () => {
    expect(judge(accessKubernetes, { pods: unreachable }).fix?.cause).toBe(
      'The network.',
    );
  });

  describe('without an answer', () => {
    const nothing = lacking({
      kind: 'unreachable',
      sentence: 'No answer.',
      unreached: true,
      fix: { cause: 'The network.', actions: [] },
    });
    const open = { endpointPublicAccess: true, publicAccessCidrs: [] };

    it.each<[object, string]>([
      [open, 'The network.'],
      [{ ...open, publicAccessCidrs: ['0.0.0.0/0'] }, 'The network.'],
      [
        { ...open, publicAccessCidrs: ['203.0.113.0/24', '198.51.100.7/32'] },
        'The network. From outside the VPC the endpoint takes connections from 203.0.113.0/24, 198.51.100.7/32 only.',
      ],
      [
        { ...open, endpointPublicAccess: false, vpcId: 'vpc-1' },
        'The network. The endpoint is private: it can be reached only from the VPC of the cluster (vpc-1) and networks connected to it.',
      ],
    ])('says what the endpoint takes: %j', (endpoint, cause) => {
      const facts = { pods: nothing, cluster: known(endpoint) };
      expect(judge(accessKubernetes, facts).fix?.cause).toBe(cause);
    });

    it('says no more where the endpoint is not known', () => {
      for (const cluster of [denied, known(null)]) {
        expect(
          judge(accessKubernetes, { pods: nothing, cluster }).fix?.cause,
        ).toBe('The network.');
      }
    });
  });
});
