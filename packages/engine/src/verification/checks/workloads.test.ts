import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  node,
  pod,
} from '../__testUtils__/judge';
import { known } from '../facts/fact';
import type { PodFact } from '../facts/types';
import { workloadsInjected } from './workloadsInjected';
import { workloadsShadowed } from './workloadsShadowed';
import { workloadsUnsupported } from './workloadsUnsupported';

describe('workloads.injected', () => {
  const facts = (pods: PodFact[], association: object = {}) => ({
    pods,
    association: known({ createdAt: 1, modifiedAt: 1, ...association }),
  });

  it('groups by owner and gives one command each', () => {
    const lacking2 = { containers: [LACKING] };
    const outcome = ask(
      workloadsInjected,
      facts([
        pod(),
        pod(lacking2),
        pod(lacking2),
        pod({ ...lacking2, owner: { kind: 'StatefulSet', name: 'db' } }),
        pod({ ...lacking2, owner: { kind: 'Pod', name: 'lone' } }),
      ]),
    );
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '4 of 5 running pods run without the identity: 2 of Deployment api, 1 of StatefulSet db, pod lone.',
      observed: '1 of 5 running pods',
    });
    expect(outcome.fix?.actions).toEqual([
      'Restart the workloads with these commands; restarting their containers is not enough.',
    ]);
    expect(outcome.fix?.snippet?.text.split('\n')).toEqual([
      'kubectl -n payments rollout restart deployment/api',
      'kubectl -n payments rollout restart statefulset/db',
      'kubectl -n payments delete pod lone   # and create it again',
    ]);
  });

  it('does not suggest restarting pods that opted out', () => {
    expect(
      ask(
        workloadsInjected,
        facts([
          pod({ containers: [LACKING], skipped: true }),
          pod({ containers: [LACKING], skipContainers: ['app'] }),
        ]),
      ),
    ).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('2 of 2 running pods opted out'),
    });
  });

  it('counts only what a restart helps, beside what opted out', () => {
    const outcome = ask(
      workloadsInjected,
      facts([
        pod(),
        pod({ containers: [LACKING], skipped: true }),
        pod({
          containers: [LACKING, { ...LACKING, name: 'proxy' }],
          skipContainers: ['proxy'],
          owner: { kind: 'DaemonSet', name: 'log' },
        }),
      ]),
    );
    expect(outcome).toMatchObject({
      status: 'warn',
      message:
        '1 of 3 running pods run without the identity: 1 of DaemonSet log.',
      expected: '2 of 3 running pods',
      observed: '1 of 3 running pods',
      fix: {
        actions: [
          'Restart the workload with this command; restarting its containers is not enough.',
        ],
        snippet: {
          text: 'kubectl -n payments rollout restart daemonset/log',
        },
      },
    });
  });

  it('says that every running pod has it, or that none runs', () => {
    const message = (...pods: PodFact[]) =>
      ask(workloadsInjected, facts(pods)).message;
    expect(ask(workloadsInjected, facts([]))).toEqual({
      status: 'skip',
      message: 'Not applicable: no pod runs under this ServiceAccount.',
    });
    expect(message(pod())).toBe('The running pod has the identity.');
    expect(message(pod(), pod())).toBe('All 2 running pods have the identity.');
  });

  it('passes with one injected container: others may have opted out', () => {
    expect(
      ask(
        workloadsInjected,
        facts([pod({ containers: [HAVING, { ...LACKING, name: 'proxy' }] })]),
      ).status,
    ).toBe('pass');
  });

  it('never judges by age, except after a change while the agent may still keep old credentials', () => {
    const HOUR = 3_600_000;
    const old = pod({ createdAt: context.now - 40 * HOUR });
    expect(ask(workloadsInjected, facts([old])).status).toBe('pass');
    const changed = (ago: number, target?: string) =>
      ask(
        workloadsInjected,
        facts([old], {
          createdAt: context.now - 50 * HOUR,
          modifiedAt: context.now - ago,
          targetRoleArn: target,
        }),
      ).status;
    expect(changed(2 * HOUR)).toBe('note');
    expect(changed(7 * HOUR)).toBe('pass');
    expect(changed(2 * HOUR, 'arn:t')).toBe('pass');
    expect(changed(HOUR / 2, 'arn:t')).toBe('note');
    expect(changed(6 * HOUR)).toBe('pass');
  });

  it('names the pods older than the last change, and how long they may use the former role', () => {
    const HOUR = 3_600_000;
    const at = (ago: number) => context.now - ago * HOUR;
    const judge = (association: object) =>
      ask(
        workloadsInjected,
        facts(
          [
            pod({ createdAt: at(3) }),
            pod({ createdAt: at(0.25), owner: { kind: 'Job', name: 'new' } }),
            pod({ createdAt: undefined, owner: { kind: 'Job', name: 'odd' } }),
          ],
          { createdAt: at(5), modifiedAt: at(0.5), ...association },
        ),
      );
    expect(judge({})).toMatchObject({
      status: 'note',
      message:
        '1 of 3 running pods are older than the last change of the association and may use the former role for up to six hours.',
      fix: {
        snippet: {
          text: 'kubectl -n payments rollout restart deployment/api',
        },
      },
    });
    expect(judge({ targetRoleArn: 'arn:t' }).message).toMatch(
      /for up to an hour\.$/,
    );
    expect(judge({ createdAt: undefined }).status).toBe('pass');
    expect(judge({ modifiedAt: undefined }).status).toBe('pass');
    expect(
      ask(workloadsInjected, {
        pods: [pod({ createdAt: at(40) })],
        association: denied,
      }).status,
    ).toBe('pass');
  });
});

describe('workloads.shadowed', () => {
  it('names the variables, never their values', () => {
    expect(
      ask(workloadsShadowed, {
        pods: [
          pod(),
          pod({
            containers: [{ ...HAVING, shadowing: ['AWS_ACCESS_KEY_ID'] }],
          }),
        ],
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods set AWS_ACCESS_KEY_ID, which every SDK reads before Pod Identity.',
      observed: 'container app of Deployment api',
    });
  });

  it('counts an address for credentials that the pod sets itself', () => {
    expect(
      ask(workloadsShadowed, {
        pods: [
          pod({
            containers: [
              HAVING,
              {
                ...HAVING,
                name: 'legacy',
                foreignCredentialsUri: 'http://127.0.0.1:9911/creds',
              },
            ],
          }),
        ],
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 1 running pods set AWS_CONTAINER_CREDENTIALS_FULL_URI (of its own), which every SDK reads before Pod Identity.',
      observed: 'container legacy of Deployment api',
    });
  });

  it('finds nothing in pods that carry nothing, and does not judge without pods', () => {
    expect(ask(workloadsShadowed, { pods: [pod()] })).toEqual({
      status: 'pass',
      message: 'Nothing in the running pods comes before Pod Identity.',
    });
    expect(ask(workloadsShadowed, { pods: [] })).toEqual({
      status: 'skip',
      message: 'Not applicable: no pod runs under this ServiceAccount.',
    });
  });
});

describe('workloads.unsupported', () => {
  it.each<[string, Partial<PodFact>, object, RegExp]>([
    [
      'Fargate',
      { nodeName: 'f' },
      node('f', { computeType: 'fargate' }),
      /Fargate/,
    ],
    ['Fargate by name', { nodeName: 'fargate-ip-10' }, node('x'), /Fargate/],
    ['Windows', { nodeName: 'w' }, node('w', { os: 'windows' }), /Windows/],
    ['host network', { hostNetwork: true }, node('node-1'), /network of their/],
    ['security groups', { podEni: true }, node('node-1'), /security groups/],
    [
      'a proxy',
      { containers: [{ ...HAVING, proxied: true }] },
      node('node-1'),
      /through a proxy/,
    ],
    [
      'a proxy of one container among others',
      { containers: [HAVING, { ...HAVING, proxied: true }, HAVING] },
      node('node-1'),
      /^1 of 1 running pods send requests to the agent through a proxy/,
    ],
  ])('%s', (_what, rest, one, message) => {
    const outcome = ask(workloadsUnsupported, {
      pods: [pod(rest)],
      nodes: known([one]),
    });
    expect(outcome.status).toBe('warn');
    expect(outcome.message).toMatch(message);
  });

  it('counts the pods of each problem, and is skipped where there are none', () => {
    expect(
      ask(workloadsUnsupported, { pods: [], nodes: known([]) }).status,
    ).toBe('skip');
    const outcome = ask(workloadsUnsupported, {
      pods: [
        pod({ name: 'a', hostNetwork: true }),
        pod({ name: 'b', hostNetwork: true, podEni: true }),
        pod({ nodeName: undefined }),
      ],
      nodes: known([node('node-1')]),
    });
    expect(outcome).toMatchObject({
      status: 'warn',
      observed: 'a, b',
      message: expect.stringMatching(/^2 of 3 .*; 1 of 3 running pods have/),
    });
    expect(outcome.fix?.actions).toHaveLength(2);
  });

  it('reports what it can where nodes cannot be read', () => {
    expect(
      ask(workloadsUnsupported, { pods: [pod()], nodes: denied }).status,
    ).toBe('pass');
  });
});
