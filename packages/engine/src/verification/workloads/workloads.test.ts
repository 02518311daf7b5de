import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  pod,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type {
  ContainerFact,
  PodFact,
  StrayFact,
  WorkloadFact,
} from '../framework/facts/workloads';
import { workloadsInjected } from './injected';
import { workloadsServiceAccount } from './serviceAccount';
import { restartCommands } from '../framework/workloadsOf';

/** What tells whether new pods receive the identity. */
const NEW_PODS_HAVE_IT = {
  admission: known({ answered: 5, injected: 5 }),
  webhook: denied,
  namespace: denied,
};

describe('workloads.injected', () => {
  const facts = (pods: PodFact[], association: object = {}) => ({
    pods,
    association: known({ createdAt: 1, modifiedAt: 1, ...association }),
    role: known(null),
    ...NEW_PODS_HAVE_IT,
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
      lead: '4 of 5 running pods run without the identity: 2 of Deployment api, 1 of StatefulSet db, pod lone.',
      observed: '1 of 5 running pods',
      counts: { what: 'pods', good: 1, all: 5 },
    });
    expect(outcome.fix?.actions).toEqual([
      'Restart the workloads with these commands.',
    ]);
    expect(outcome.restart).toEqual([
      { kind: 'Deployment', name: 'api', pods: 2 },
      { kind: 'StatefulSet', name: 'db', pods: 1 },
      { kind: 'Pod', name: 'lone', pods: 1 },
    ]);
    expect(outcome.fix?.snippet?.text.split('\n')).toEqual([
      'kubectl -n payments rollout restart deployment/api',
      'kubectl -n payments rollout restart statefulset/db',
      'kubectl -n payments get pod lone -o json | kubectl -n payments replace --force -f -',
    ]);
  });

  it('restarts with rights in their namespace alone', () => {
    const lone = { kind: 'Pod', name: 'lone', pods: [{ name: 'lone' }] };
    const set = { kind: 'ReplicaSet', name: 'set', pods: [{ name: 'set-1' }] };
    expect(
      restartCommands('payments', [lone, set]).map(({ needs }) => needs),
    ).toEqual([[{ namespace: 'payments' }], [{ namespace: 'payments' }]]);
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
      lead: '1 of 3 running pods run without the identity: 1 of DaemonSet log.',
      expected: '2 of 3 running pods',
      observed: '1 of 3 running pods',
      fix: {
        actions: ['Restart the workload with this command.'],
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
      message: 'Not applicable: no pod runs under this service account.',
      explainedBy: { oneOf: ['workloads.service-account'] },
    });
    expect(message(pod())).toBe('The running pod has the identity.');
    expect(message(pod(), pod())).toBe('All 2 running pods have the identity.');
  });

  const HOUR_AGO = context.now - 3_600_000;
  const lackingSince = (createdAt: number, rest: Partial<ContainerFact> = {}) =>
    pod({
      name: 'old',
      createdAt,
      containers: [{ ...LACKING, ...rest }],
    });
  const judgeNew = (over: object, pods = [pod(), lackingSince(HOUR_AGO - 5)]) =>
    ask(workloadsInjected, {
      ...facts(pods, { createdAt: HOUR_AGO }),
      ...over,
    });

  it.each<[string, object, RegExp]>([
    [
      'no new pod receives the identity',
      { admission: known({ answered: 5, injected: 0 }) },
      /^Do not restart these pods now\. New pods do not receive the identity either: this report says why where it judges new pods\.$/,
    ],
    [
      'only some do',
      { admission: known({ answered: 5, injected: 2 }) },
      /Only 2 of 5 new pods receive the identity/,
    ],
    [
      'no pod was tried and the webhook is gone',
      { admission: denied, webhook: known(null) },
      /The MutatingWebhookConfiguration pod-identity-webhook is gone\.$/,
    ],
  ])('never says restart while %s', (_what, over, action) => {
    for (const association of [
      {},
      // What pods have would be lost the same way.
      { association: known({ createdAt: context.now - 1, modifiedAt: 1 }) },
    ]) {
      const pods = 'association' in association ? [pod()] : undefined;
      const outcome = judgeNew({ ...over, ...association }, pods);
      expect(outcome).toMatchObject({
        status: 'warn',
        fix: {
          actions: [
            expect.stringMatching(action),
            'Once new pods receive the identity, verify again: this check then shows the command.',
          ],
        },
      });
      expect(outcome.fix?.snippet).toBeUndefined();
    }
  });

  it('does not say restart of what the newest pod lacks too, unless a pod was tried', () => {
    const pods = [pod({ createdAt: 5 }), lackingSince(context.now - 1)];
    expect(judgeNew({ admission: denied }, pods).fix?.actions[0]).toBe(
      'Do not restart these pods now. The pod old, the newest, does not have it either, although the association is older; a verification with a pod tells whether new pods receive it.',
    );
    expect(judgeNew({}, pods).fix?.snippet).toBeDefined();
    // API servers might not have known the association when this one was made.
    const early = [lackingSince(HOUR_AGO + 60_000)];
    expect(judgeNew({ admission: denied }, early).fix?.snippet).toBeDefined();
    const out = [pod(), { ...lackingSince(context.now), skipped: true }];
    expect(
      judgeNew({ admission: denied }, out).fix?.snippet?.text,
    ).not.toContain('restart');
  });

  it.each<[string, PodFact, RegExp]>([
    ['by age', lackingSince(HOUR_AGO - 5), /these are older than the assoc/],
    [
      'by the variables of IRSA',
      lackingSince(HOUR_AGO + 5, { irsaRoleArn: 'arn:r' }),
      /so they got the role of IRSA\.$/,
    ],
    [
      'as far as it is known',
      lackingSince(HOUR_AGO + 5),
      /did not know the association yet, or the webhook did not answer\.$/,
    ],
  ])('states the cause %s', (_what, one, cause) => {
    expect(judgeNew({}, [pod(), one]).fix?.cause).toMatch(cause);
  });

  it('states no cause that does not hold of all', () => {
    const old = lackingSince(HOUR_AGO);
    const young = lackingSince(HOUR_AGO + 5);
    const irsa = lackingSince(HOUR_AGO + 5, { irsaRoleArn: 'arn:r' });
    const [withIrsa] = irsa.containers;
    const sidecar = { ...irsa, containers: [withIrsa, LACKING] };
    const cause = (...pods: PodFact[]) => judgeNew({}, pods).fix?.cause;
    expect(cause(old)).toMatch(/older than the association/);
    expect(cause(old, young)).toMatch(/or the webhook did not answer/);
    expect(cause(irsa, young)).toMatch(/or the webhook did not answer/);
    expect(cause(irsa, sidecar)).toMatch(/so they got the role of IRSA/);
  });

  it('restarts only what a restart helps', () => {
    const preset = {
      ...lackingSince(HOUR_AGO + 5, {
        missing: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
      }),
      owner: { kind: 'Deployment', name: 'own' },
    };
    const beside = {
      ...preset,
      containers: [LACKING, { ...preset.containers[0], name: 'legacy' }],
    };
    expect(
      judgeNew({}, [preset, lackingSince(HOUR_AGO - 5)]).fix?.snippet?.text,
    ).toBe('kubectl -n payments rollout restart deployment/api');
    expect(judgeNew({}, [beside]).fix?.snippet?.text).toBe(
      'kubectl -n payments set env deployment/own -c legacy AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE-',
    );
    expect(judgeNew({}, [beside]).explainedBy?.oneOf).toEqual([
      'admission.injects',
    ]);
  });

  it('takes only the names of left-out containers out of the annotation, where there is one', () => {
    const partly = (rest: Partial<PodFact>) =>
      pod({
        containers: [HAVING, { ...LACKING, name: 'proxy' }],
        mainContainer: 'app',
        ...rest,
      });
    const lone = { kind: 'StatefulSet', name: 'db' };
    const skipping = { skipContainers: ['proxy'] };
    expect(
      judgeNew({}, [partly(skipping), partly({ owner: lone })]).fix?.snippet
        ?.text,
    ).toMatch(/^kubectl -n payments patch deployment api [^\n]*$/);
    const main = judgeNew({}, [
      partly({ ...skipping, mainContainer: 'proxy' }),
      partly({ owner: lone }),
    ]);
    expect(main.message).toMatch(/^1 of 2 .*: proxy of Deployment api\.$/);
    expect(
      judgeNew({}, [partly({ mainContainer: 'proxy' })]).fix?.cause,
    ).toMatch(/^Something took/);
  });

  it('takes variables out of a template that sets them itself, which no restart does', () => {
    const preset = lackingSince(HOUR_AGO + 5, {
      missing: ['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'],
      foreignCredentialsUri: 'http://127.0.0.1:9911',
    });
    const outcome = judgeNew({}, [pod(), preset]);
    expect(outcome.explainedBy?.oneOf).toEqual(['workloads.shadowed']);
    expect(outcome.fix).toMatchObject({
      cause: expect.stringContaining('A restart alone changes nothing.'),
      snippet: {
        text: 'kubectl -n payments set env deployment/api -c app AWS_CONTAINER_CREDENTIALS_FULL_URI-',
      },
    });
    const both = judgeNew({}, [preset, lackingSince(HOUR_AGO - 5)]);
    expect(both.explainedBy?.oneOf).toEqual(['admission.injects']);
    expect(both.fix?.snippet?.text).toContain('rollout restart');
    // Where another webhook took both variables away, the template has none.
    const stripped = lackingSince(HOUR_AGO + 5, {
      missing: LACKING.missing.slice(0, 2),
    });
    expect(judgeNew({}, [pod(), stripped]).fix?.snippet?.text).toContain(
      'rollout restart',
    );
  });

  it('leaves a volume in the place of the token to the check that takes it out', () => {
    const own = { what: 'own-token', said: 'bring it', likely: true } as const;
    const bringing = lackingSince(HOUR_AGO - 5, {
      missing: LACKING.missing.slice(2),
      carried: [own],
    });
    const outcome = judgeNew({}, [pod(), bringing]);
    expect(outcome).toMatchObject({
      lacking: [{ how: 'identity', pods: [bringing.name] }],
      explainedBy: { oneOf: ['workloads.shadowed'] },
    });
    expect(outcome).not.toHaveProperty('fix');
    expect(outcome).not.toHaveProperty('restart');
  });

  it('takes nothing out of a template that does not set them', () => {
    const preset = lackingSince(HOUR_AGO + 5, { missing: [] });
    const judge = (template: ContainerFact) =>
      judgeNew(
        {
          workloads: known({
            found: [
              {
                kind: 'Deployment',
                name: 'api',
                rolledOut: true,
                template: { containers: [template] },
              },
            ],
            unseen: [],
          }),
        },
        [preset],
      ).fix;
    expect(judge(LACKING)).toMatchObject({
      cause: expect.stringContaining('that their template does not set'),
      actions: [expect.stringContaining('an admission webhook adds it')],
    });
    expect(judge(LACKING)?.snippet).toBeUndefined();
    expect(
      judge({ ...LACKING, missing: LACKING.missing.slice(1) })?.snippet?.text,
    ).toBe(
      'kubectl -n payments set env deployment/api -c app AWS_CONTAINER_CREDENTIALS_FULL_URI-',
    );
  });

  it('takes an opt-out out of the template', () => {
    const text = (rest: Partial<PodFact>) =>
      judgeNew({}, [pod({ containers: [LACKING], ...rest })]).fix?.snippet
        ?.text;
    expect(text({ skipped: true })).toBe(
      `kubectl -n payments patch deployment api --type merge --patch '{"spec":{"template":{"metadata":{"labels":{"eks.amazonaws.com/skip-pod-identity-webhook":null}}}}}'`,
    );
    expect(text({ skipContainers: ['app', 'odd'] })).toBe(
      `kubectl -n payments patch deployment api --type merge --patch '{"spec":{"template":{"metadata":{"annotations":{"eks.amazonaws.com/skip-containers":null}}}}}'`,
    );
    const lone = { skipped: true, owner: { kind: 'Pod', name: 'x' } };
    expect(text(lone)).toBeUndefined();
    expect(
      judgeNew({}, [pod({ containers: [LACKING], ...lone })]).fix?.actions,
    ).toContain('The pod x has no template: change it where it is made.');
  });

  it('recreates pods that no template rolls out: through their controller, or by themselves', () => {
    const of = (kind: string, name: string) =>
      judgeNew({}, [
        {
          ...lackingSince(HOUR_AGO - 5),
          name: `${name}-1`,
          owner: { kind, name },
        },
      ]).fix?.snippet?.text;
    expect(of('Rollout', 'api')).toBe('kubectl -n payments delete pod api-1');
    expect(of('Job', 'migrate')).toBe(
      'kubectl -n payments delete pod migrate-1',
    );
  });

  it('tells of a container without the identity beside others, and warns if it is the main one', () => {
    const beside = (rest: Partial<PodFact>) =>
      ask(
        workloadsInjected,
        facts([
          pod(),
          pod({
            containers: [HAVING, { ...LACKING, name: 'proxy' }],
            mainContainer: 'app',
            ...rest,
          }),
        ]),
      );
    const sidecar = beside({});
    expect(sidecar).toMatchObject({
      status: 'note',
      message:
        '1 of 2 running pods have a container without the identity beside others that have it: proxy of Deployment api.',
    });
    expect(sidecar.fix).toBeUndefined();
    expect(sidecar).not.toHaveProperty('counted');
    expect(beside({ skipContainers: ['proxy'] })).toMatchObject({
      status: 'note',
      counted: true,
      fix: {
        cause: expect.stringContaining('Sidecars are left out so on purpose'),
        snippet: {
          text: expect.stringContaining('"skip-containers":null'.slice(1)),
        },
      },
    });
    expect(
      beside({ mainContainer: 'proxy', skipContainers: ['proxy', 'log'] }),
    ).toMatchObject({
      status: 'warn',
      message: sidecar.message,
      fix: {
        cause:
          'The annotation eks.amazonaws.com/skip-containers names the main container of the pod.',
        actions: [
          'Take proxy out of the annotation eks.amazonaws.com/skip-containers in the pod template and roll it out.',
        ],
        snippet: {
          text: `kubectl -n payments patch deployment api --type merge --patch '{"spec":{"template":{"metadata":{"annotations":{"eks.amazonaws.com/skip-containers":"log"}}}}}'`,
        },
      },
    });
    expect(beside({ mainContainer: 'proxy' }).fix?.actions).toEqual([
      'Look at the webhooks that change pods after pod-identity-webhook.',
    ]);
  });

  it('warns of pods that are older than a role or an association that was recreated', () => {
    const MINUTE = 60_000;
    const at = (ago: number) => context.now - ago * MINUTE;
    const judge = (association: object, role: object = {}, age = 30) =>
      ask(workloadsInjected, {
        ...NEW_PODS_HAVE_IT,
        pods: [pod({ createdAt: at(age) }), pod({ createdAt: at(1) })],
        association: known({
          createdAt: at(90),
          modifiedAt: at(90),
          ...association,
        }),
        role: known({ name: 'api', createdAt: at(1000), ...role }),
      });
    expect(judge({}).status).toBe('pass');
    expect(judge({}, { createdAt: at(10) })).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods are older than the role api, which was deleted and recreated: AWS refuses what they hold of the deleted one for up to six hours.',
      fix: {
        cause: expect.stringContaining('unique id of a role'),
        actions: ['Restart the workloads: new pods get new credentials.'],
        snippet: {
          text: 'kubectl -n payments rollout restart deployment/api',
        },
      },
    });
    expect(judge({ createdAt: at(10), modifiedAt: at(10) })).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods are older than the association, so they got the identity from a former one: they may use its role for up to six hours.',
      fix: {
        snippet: {
          text: 'kubectl -n payments rollout restart deployment/api',
        },
      },
    });
    // The agent has renewed what it gave them.
    const before = { createdAt: at(500), modifiedAt: at(500) };
    expect(judge(before, { createdAt: at(359) }, 400).status).toBe('warn');
    expect(judge(before, { createdAt: at(361) }, 400).status).toBe('pass');
    expect(
      judge({ createdAt: at(361), modifiedAt: at(361) }, {}, 400).status,
    ).toBe('pass');
    // A pod of the same second, whose time is cut off, is not older.
    expect(
      judge({ createdAt: at(30) + 999, modifiedAt: at(30) + 999 }).status,
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
    expect(changed(2 * HOUR)).toBe('warn');
    expect(changed(7 * HOUR)).toBe('pass');
    expect(changed(2 * HOUR, 'arn:t')).toBe('pass');
    expect(changed(HOUR / 2, 'arn:t')).toBe('warn');
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
      status: 'warn',
      message:
        '1 of 3 running pods are older than the last change of the association: they may use the former role or settings for up to six hours.',
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
    const unread = (association: unknown, count: number) =>
      ask(workloadsInjected, {
        ...NEW_PODS_HAVE_IT,
        pods: Array.from({ length: count }, () => pod({ createdAt: at(40) })),
        association,
        role: denied,
      });
    expect(unread(denied, 1)).toMatchObject({
      status: 'pass',
      message:
        'The running pod has the identity; whether it is older than the last change of the association and the role was not looked at.',
    });
    expect(unread(known({ roleArn: 'arn:r' }), 2)).toMatchObject({
      status: 'pass',
      message:
        'All 2 running pods have the identity; whether any is older than the last change of the role was not looked at.',
    });
  });
});

describe('workloads.service-account', () => {
  const stray = (rest: Partial<StrayFact> = {}): StrayFact => ({
    owner: { kind: 'Deployment', name: 'api' },
    serviceAccount: 'default',
    evidence: 'label app=api',
    namedAsAccount: true,
    ...rest,
  });
  const judge = (
    strays: StrayFact[],
    pods: PodFact[] = [],
    found: Partial<WorkloadFact>[] = [],
  ) =>
    ask(workloadsServiceAccount, {
      strays,
      pods,
      workloads: known({ found, unseen: [] }),
    });

  it('moves no workload whose template names the service account', () => {
    const named = {
      kind: 'Deployment' as const,
      name: 'api',
      serviceAccount: 'api',
    };
    const { status, fix } = judge([stray()], [], [named]);
    expect(status).toBe('warn');
    expect(fix).toMatchObject({
      cause: expect.stringContaining('an admission webhook replaced it'),
      actions: [
        expect.stringMatching(
          /^The template of Deployment api names api already/,
        ),
      ],
    });
    expect(fix?.snippet).toBeUndefined();
    const both = judge(
      [stray(), stray({ owner: { kind: 'Deployment', name: 'web' } })],
      [],
      [named],
    );
    expect(both.fix?.actions).toHaveLength(2);
    expect(both.fix?.snippet?.text).toBe(
      'kubectl -n payments set serviceaccount deployment web api',
    );
  });

  it('warns of a workload under another service account, and moves it', () => {
    expect(judge([stray(), stray()])).toMatchObject({
      status: 'warn',
      message:
        'No pod runs under this service account; Deployment api (label app=api) runs under the service account default, which does not have this identity.',
      expected: 'api',
      observed: 'default',
      fix: {
        cause: expect.stringContaining('a template without one means default'),
        actions: [
          'If the workload is meant to have the identity, set serviceAccountName: api in its pod template.',
        ],
        snippet: {
          text: 'kubectl -n payments set serviceaccount deployment api api',
        },
      },
    });
  });

  it('only notes what a component may do on purpose', () => {
    expect(judge([stray()], [pod()])).toMatchObject({
      status: 'note',
      message: expect.stringMatching(/^Deployment api \(label app=api\) runs/),
    });
    const component = { namedAsAccount: false };
    expect(judge([stray(component)]).status).toBe('warn');
    expect(judge([stray({ ...component, serviceAccount: 'web' })]).status).toBe(
      'note',
    );
  });

  it('warns of a further workload under default that calls AWS', () => {
    const of = (container: Partial<ContainerFact>) =>
      judge(
        [stray()],
        [pod()],
        [
          {
            kind: 'Deployment',
            name: 'api',
            template: pod({ containers: [{ ...HAVING, ...container }] }),
          },
        ],
      );
    expect(of({ awsSign: 'AWS_REGION' })).toMatchObject({
      status: 'warn',
      lacking: [{ how: 'identity', pods: ['Deployment api'] }],
    });
    expect(of({ awsSign: undefined, carried: [] }).status).toBe('note');
  });

  it('counts the workloads beside the first', () => {
    const web = stray({ owner: { kind: 'Deployment', name: 'web' } });
    expect(judge([stray(), web]).message).toContain(
      'Deployment api (label app=api) and 1 more run under',
    );
  });

  it('has no command for what has no template to edit', () => {
    const outcome = judge([stray({ owner: { kind: 'Pod', name: 'lone' } })]);
    expect(outcome.fix?.snippet).toBeUndefined();
  });

  it('passes where nothing strays', () => {
    expect(judge([], [pod()]).status).toBe('pass');
    expect(judge([]).status).toBe('pass');
  });
});
