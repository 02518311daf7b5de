import type { CheckResult } from 'backstage-plugin-eks-pod-identity-common';
import { systemClock } from '../../async/clock';
import {
  type AnyCheck,
  type CheckContext,
  type Explained,
  fail,
  note,
  pass,
  skip,
  warn,
} from './check';
import type { CheckId } from './checkIds';
import { known, lacking, type Fact } from './fact';
import { runChecks, type RunnerOptions } from './runner';
import { lackOutcome } from '../access/lackOutcome';

const context = { probe: 'pod' } as unknown as CheckContext;

function check(id: CheckId, rest: Partial<AnyCheck> = {}): AnyCheck {
  return {
    id,
    category: id.split('.')[0] as AnyCheck['category'],
    title: `Title of ${id}`,
    question: '',
    anchor: id,
    neededBy: ['pod'],
    dependsOn: [],
    needs: [],
    uses: [],
    evaluate: () => pass('Fine.'),
    ...rest,
  };
}

async function run(
  checks: AnyCheck[],
  facts: Record<string, Fact<unknown> | Promise<Fact<unknown>>> = {},
  options: Partial<RunnerOptions> = {},
) {
  const told: string[] = [];
  const all: typeof facts = { usedAsItIs: known(false), ...facts };
  const { results, lacking: pods } = await runChecks({
    checks,
    facts: { get: async name => (await all[name]) as any },
    context,
    clock: systemClock,
    onLack: lackOutcome,
    docsUrl: anchor => `docs#${anchor}`,
    onResult: async result => {
      told.push(`${result.id} ${result.status}`);
    },
    ...options,
  });
  return { results, pods, told };
}

const because = (id: CheckId) => ({ check: id });

describe('the runner', () => {
  it('believes an application that obtained the role more than its reading of the trust policy, and of nothing else', async () => {
    const failing = (id: CheckId) => check(id, { evaluate: () => fail('No.') });
    const checks = [failing('role.trust-policy'), failing('role.exists')];
    const usedAsItIs = known(true);
    const { results } = await run(checks, { usedAsItIs });
    expect(results.map(({ status, message }) => [status, message])).toEqual([
      [
        'warn',
        'No. The application has obtained the role since the policy took this form, and later than AWS needs to spread a change.',
      ],
      ['fail', 'No.'],
    ]);
    for (const unused of [
      known(false),
      lacking({ kind: 'off', sentence: '' }),
    ]) {
      const { told } = await run(checks, { usedAsItIs: unused });
      expect(told).toContain('role.trust-policy fail');
    }
  });

  it('returns results in the given order and keeps all of them', async () => {
    let release = () => {};
    const slow = new Promise<Fact<unknown>>(resolve => {
      release = () => resolve(known('x'));
    });
    const ran = run(
      [
        check('role.exists', { needs: ['role'] }),
        check('cluster.active', {
          evaluate: () => {
            setImmediate(release);
            return pass('Active.');
          },
        }),
      ],
      { role: slow },
    );
    const { results, told } = await ran;
    expect(told).toEqual(['cluster.active pass', 'role.exists pass']);
    expect(results.map(result => result.id)).toEqual([
      'role.exists',
      'cluster.active',
    ]);
    expect(results[0].docsUrl).toBe('docs#role.exists');
  });

  it('passes on that the user must not have it tried, which leaves open what the request asks for', async () => {
    const podRun = lacking({ kind: 'withheld', sentence: 'No pod was run.' });
    const dependsOn = [because('credentials.identity')];
    const { results } = await run(
      [
        check('credentials.identity', { needs: ['podRun'] }),
        check('permissions.before', { dependsOn }),
        check('permissions.asked', { dependsOn, asked: true }),
      ],
      { podRun },
    );
    const said = { message: 'No pod was run.', withheld: true };
    expect(results).toMatchObject([
      { ...said, status: 'skip' },
      { ...said, status: 'skip' },
      { ...said, status: 'unknown' },
    ]);
  });

  it('skips checks that a failure made pointless, and says so at every step of the chain', async () => {
    const { results } = await run([
      check('association.exists', { evaluate: () => fail('None.') }),
      check('association.matches', {
        dependsOn: [because('association.exists')],
      }),
      check('credentials.identity', {
        dependsOn: [because('association.matches')],
      }),
    ]);
    expect(results.slice(1)).toMatchObject([
      {
        status: 'skip',
        becauseOf: 'association.exists',
        message: 'Not checked, because "Title of association.exists" failed.',
      },
      {
        status: 'skip',
        becauseOf: 'association.exists',
        message: 'Not checked, because "Title of association.exists" failed.',
      },
    ]);
  });

  it('hands on who lacks the identity, and keeps it out of the result', async () => {
    const stuck = [{ how: 'start', pods: ['a'] }] as const;
    const checks = [
      check('workloads.start-up', {
        evaluate: () => warn('No.', { lacking: stuck }),
      }),
      check('workloads.injected', {
        evaluate: () => pass('Fine.', { lacking: [] }),
      }),
    ];
    const { results, pods } = await run(checks);
    expect([...pods]).toEqual([['workloads.start-up', stuck]]);
    for (const result of results) expect(result).not.toHaveProperty('lacking');
  });

  it('names a suspect of a check that found nothing to look at', async () => {
    const { results } = await run([
      check('workloads.service-account', {
        evaluate: () => warn('Elsewhere.'),
      }),
      check('workloads.shadowed', {
        evaluate: () =>
          skip('No pod runs.', {
            explainedBy: { oneOf: ['workloads.service-account'] },
          }),
      }),
    ]);
    expect(results[1]).toMatchObject({
      status: 'skip',
      becauseOf: 'workloads.service-account',
    });
  });

  it('names the first suspect that found something, as the explanation of a failure', async () => {
    const explainedBy: Explained = {
      oneOf: ['agent.installed', 'agent.healthy', 'agent.on-node'],
    };
    const { results } = await run([
      check('agent.installed'),
      check('agent.healthy', { evaluate: () => warn('It crashes.') }),
      check('agent.on-node', {
        evaluate: () => fail('None is ready.', { explainedBy }),
      }),
      check('role.policies', {
        evaluate: () => note('None.', { explainedBy }),
      }),
      check('credentials.agent-answers', {
        evaluate: () =>
          fail('Refused.', {
            explainedBy: { oneOf: ['role.exists', 'agent.installed'] },
          }),
      }),
      check('role.exists', { evaluate: () => note('It was recreated.') }),
    ]);
    const explained = results.map(({ id, becauseOf }) => [id, becauseOf]);
    expect(explained).toEqual([
      ['agent.installed', undefined],
      ['agent.healthy', undefined],
      ['agent.on-node', 'agent.healthy'],
      ['role.policies', undefined],
      ['credentials.agent-answers', undefined],
      ['role.exists', undefined],
    ]);
    expect(results).not.toContainEqual(
      expect.objectContaining({ explainedBy: expect.anything() }),
    );
  });

  it('takes a note as an explanation if it says what to do', async () => {
    const fix = { cause: 'No endpoint.', actions: ['Create it.'] };
    const { results } = await run([
      check('credentials.agent-answers', {
        evaluate: () =>
          fail('Unreached.', {
            explainedBy: { oneOf: ['cluster.eks-auth-path'] },
          }),
      }),
      check('cluster.eks-auth-path', {
        evaluate: () => note('There is no endpoint.', { fix }),
      }),
    ]);
    expect(results[0].becauseOf).toBe('cluster.eks-auth-path');
  });

  it('passes an unknown on as a skip, unless the check can run without it', async () => {
    const { results } = await run(
      [
        check('role.exists', { needs: ['role'] }),
        check('role.policies', { dependsOn: [because('role.exists')] }),
        check('admission.injects', {
          dependsOn: [{ check: 'role.exists', onlyWhenFailed: true }],
        }),
      ],
      {
        role: lacking({
          kind: 'denied',
          sentence: 'The portal is not allowed to call iam:GetRole.',
          aws: { action: 'iam:GetRole', resource: 'arn:role' },
        }),
      },
    );
    expect(results).toMatchObject([
      {
        status: 'unknown',
        message: 'The portal is not allowed to call iam:GetRole.',
        fix: { snippet: { language: 'json' } },
      },
      { status: 'skip', becauseOf: 'role.exists' },
      { status: 'pass' },
    ]);
    expect(results[0].fix?.snippet?.text).toContain('"iam:GetRole"');
  });

  it('is not ended by a check that throws', async () => {
    const { results } = await run([
      check('role.exists', {
        evaluate: () => {
          throw new Error('oops with AKIAABCDEFGHIJKLMNOP');
        },
      }),
      check('role.policies'),
    ]);
    expect(results).toMatchObject([
      {
        status: 'unknown',
        message: 'The check itself failed: oops with AKIA[redacted]',
      },
      { status: 'pass' },
    ]);
  });

  it('reports a failure of agent or role only after the probe', async () => {
    let speak = () => {};
    const pod = new Promise<Fact<unknown>>(resolve => {
      speak = () => resolve(known('x'));
    });
    const { told, results } = await run(
      [
        check('role.exists', { evaluate: () => fail('Gone.') }),
        check('association.matches', { evaluate: () => fail('Other.') }),
        check('cluster.active', {
          evaluate: () => {
            setImmediate(speak);
            return pass('Active.');
          },
        }),
        check('credentials.identity', { needs: ['podRun'] }),
      ],
      { podRun: pod },
    );
    expect(told.slice(0, 2)).toEqual([
      'association.matches fail',
      'cluster.active pass',
    ]);
    expect(told).toContain('role.exists warn');
    expect(results[0]).toMatchObject({ status: 'warn' });
  });

  it('keeps a failure of a role when the pod did not get it', async () => {
    const { results } = await run([
      check('role.exists', { evaluate: () => fail('Gone.') }),
      check('credentials.identity', { evaluate: () => fail('Other.') }),
    ]);
    expect(results.map((result: CheckResult) => result.status)).toEqual([
      'fail',
      'fail',
    ]);
  });

  it.each<[boolean, string]>([
    [true, 'note'],
    [false, 'fail'],
  ])('knows an agent by its answer: %s', async (agentAnswered, status) => {
    const { results, told } = await run([
      check('agent.on-node', { evaluate: () => fail('None is ready.') }),
      check('credentials.agent-answers', {
        evaluate: () => fail('The role refuses.', { agentAnswered }),
      }),
    ]);
    expect(results.map(result => result.status)).toEqual([status, 'fail']);
    expect(told).toContain(`agent.on-node ${status}`);
    expect(results[1]).not.toHaveProperty('agentAnswered');
  });

  it('flags checks that no level needs', async () => {
    const { results } = await run([
      check('workloads.injected', { neededBy: [] }),
      check('role.exists'),
    ]);
    expect(results.map(result => result.advisory)).toEqual([true, undefined]);
  });

  it('rethrows the listener’s error: a cancelled operation', async () => {
    await expect(
      runChecks({
        checks: [check('role.exists')],
        facts: { get: async () => known('x') as any },
        context,
        clock: systemClock,
        onLack: lackOutcome,
        docsUrl: String,
        onResult: async () => {
          throw new Error('cancelled');
        },
      }),
    ).rejects.toThrow('cancelled');
  });
});
