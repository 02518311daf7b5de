import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  pod,
} from '../__testUtils__/judge';
import type { Outcome } from '../framework/check';
import { known, lacking, type Fact } from '../framework/fact';
import { serviceAccountExists } from './exists';
import { removeIrsa, serviceAccountIrsa } from './irsa';
import { serviceAccountOwn } from './own';

describe('service-account.irsa', () => {
  const irsa = 'arn:aws:iam::111122223333:role/irsa';
  const association = known({});
  it('warns when a running pod carries IRSA instead', () => {
    expect(
      ask(serviceAccountIrsa, {
        association,
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns: lacking({ kind: 'not-in-probe', sentence: '' }),
        pods: known([
          pod(),
          pod({ containers: [{ ...LACKING, irsaRoleArn: irsa }] }),
        ]),
      }),
    ).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods use the IRSA role instead of the Pod Identity.',
    });
  });

  it.each([
    [undefined, /once the role no longer lets the service account in/],
    [irsa, /once all pods have Pod Identity: first have the word of the owner/],
  ])(
    'says when the annotation may go where the target role is %s',
    (targetRoleArn, expected) => {
      const { fix } = ask(serviceAccountIrsa, {
        association: known({ targetRoleArn }),
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns: denied,
        pods: denied,
      });
      expect(fix?.actions.join()).toMatch(expected);
    },
  );

  it('restarts what got IRSA, unless new pods would get it too', () => {
    const judged = (dryRuns: Fact<unknown>) =>
      ask(serviceAccountIrsa, {
        association,
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns,
        pods: known([pod({ containers: [{ ...LACKING, irsaRoleArn: irsa }] })]),
      }).fix;
    for (const dryRuns of [denied, known({ injected: 5, answered: 5 })]) {
      expect(judged(dryRuns)?.snippet?.text).toBe(
        'kubectl -n payments rollout restart deployment/api',
      );
    }
    const down = judged(known({ injected: 4, answered: 5 }));
    expect(down?.actions[0]).toBe(
      'Do not restart these pods now. Not all new pods receive the identity: this report says why where it judges new pods.',
    );
    expect(down?.snippet).toBeUndefined();
    const late = judged(known({ injected: 0, answered: 5, irsaInstead: true }));
    expect(late?.actions).toEqual([
      expect.stringMatching(/^Wait until new pods receive the identity/),
    ]);
    expect(late?.snippet).toBeUndefined();
  });

  const notSeen = lacking({ kind: 'not-in-probe', sentence: '' });
  const judge = (over: object) =>
    ask(serviceAccountIrsa, {
      association,
      serviceAccount: {},
      dryRuns: notSeen,
      pods: known([]),
      ...over,
    });
  const carrying = (container: object) =>
    known([pod({ containers: [{ ...HAVING, ...container }] }), pod()]);

  it('takes nothing from pods that live by the annotation', () => {
    const alone = judge({
      association: known(null),
      serviceAccount: { irsaRoleArn: irsa },
      pods: carrying({ ...LACKING, irsaRoleArn: irsa }),
      dryRuns: known({ injected: 0, answered: 5, irsaInstead: true }),
    });
    expect(alone).toMatchObject({
      status: 'note',
      message: `Pods get role irsa by IRSA: the service account has its annotation, and no association.`,
    });
    expect(alone.fix).toBeUndefined();
    expect(alone.lacking).toEqual([
      {
        how: 'other',
        which: expect.any(String),
        pods: [expect.stringMatching(/^pod-/)],
      },
    ]);
    const none = judge({
      association: known(null),
      serviceAccount: { irsaRoleArn: irsa },
    });
    expect(none).toMatchObject({ status: 'note', lacking: [] });
  });

  it('counts pods that run, since one that has not started holds no role', () => {
    const pending = pod({
      phase: 'Pending',
      containers: [{ ...LACKING, state: 'waiting', irsaRoleArn: irsa }],
    });
    expect(judge({ pods: known([pending, pod()]) }).status).toBe('pass');
  });

  it('says when the annotation may go, also where pods have to restart first', () => {
    const { fix } = judge({
      serviceAccount: { irsaRoleArn: irsa },
      pods: known([pod({ containers: [{ ...LACKING, irsaRoleArn: irsa }] })]),
    });
    expect(fix?.actions.at(-1)).toMatch(
      /^The annotation is the way back to IRSA\. /,
    );
    expect(removeIrsa('shop', 'api').text).toBe(
      'kubectl -n shop annotate serviceaccount api eks.amazonaws.com/role-arn-',
    );
  });

  it.each<[string, object, string, RegExp]>([
    ['no annotation', {}, 'pass', /carries no IRSA annotation/],
    [
      'an annotation that does not count',
      { serviceAccount: { irsaRoleArn: irsa }, pods: denied },
      'note',
      /still carries the IRSA annotation for .*irsa; Pod Identity comes first/,
    ],
    [
      'a container that has both',
      { pods: carrying({ irsaRoleArn: irsa }) },
      'pass',
      /no IRSA annotation/,
    ],
    [
      'a container that has neither',
      { pods: carrying({ injected: false }) },
      'pass',
      /no IRSA annotation/,
    ],
    [
      'one container of two with IRSA instead',
      {
        pods: known([
          pod({
            containers: [
              HAVING,
              { ...HAVING, injected: false, irsaRoleArn: irsa },
            ],
          }),
        ]),
      },
      'warn',
      /^1 of 1 running pods use the IRSA role/,
    ],
    [
      'new pods with IRSA instead',
      {
        serviceAccount: { irsaRoleArn: irsa },
        dryRuns: known({ irsaInstead: true }),
      },
      'warn',
      /^New pods are given the IRSA role arn:.*irsa instead/,
    ],
    [
      'new pods with IRSA of nobody knows what',
      { dryRuns: known({ irsaInstead: true }) },
      'warn',
      /^New pods are given the IRSA role instead/,
    ],
    [
      'new pods with Pod Identity',
      { dryRuns: known({ irsaInstead: false }) },
      'pass',
      /no IRSA annotation/,
    ],
  ])('sees %s', (_what, over, status, message) => {
    const outcome = judge(over);
    expect(outcome.status).toBe(status);
    expect(outcome.message).toMatch(message);
  });
});

describe('service-account.own', () => {
  const judge = (serviceAccount: string, pods: Fact<unknown> = denied) =>
    serviceAccountOwn.evaluate({ pods } as any, {
      ...context,
      ref: { ...context.ref, serviceAccount },
    }) as Outcome;

  it('warns of an identity that pods get without naming it', () => {
    expect(judge('default')).toMatchObject({
      status: 'warn',
      message:
        'The identity is on the service account default, so every pod of payments that names none gets it.',
      observed: 'default',
      fix: { actions: [expect.any(String), expect.any(String)] },
    });
    const lone = pod({ owner: { kind: 'Pod', name: 'x' } });
    expect(judge('default', known([pod(), pod(), lone])).observed).toBe(
      '2 of Deployment api, pod x',
    );
    expect(judge('default-api').status).toBe('pass');
  });
});

describe('service-account.exists', () => {
  const missing = (namespace: Fact<unknown>) =>
    ask(serviceAccountExists, { serviceAccount: null, namespace });

  it('names what is missing and how to make it', () => {
    expect(
      ask(serviceAccountExists, { serviceAccount: {}, namespace: denied }),
    ).toMatchObject({
      status: 'pass',
      resource: { name: 'payments/api' },
    });
    const create = 'kubectl -n payments create serviceaccount api';
    for (const namespace of [denied, known({ name: 'payments' })]) {
      expect(missing(namespace)).toMatchObject({
        status: 'fail',
        message:
          'The service account payments/api does not exist on payments-prod.',
        observed: 'no such service account',
        fix: { snippet: { text: create } },
      });
    }
    expect(missing(known(null))).toMatchObject({
      status: 'fail',
      message: 'The namespace payments does not exist on payments-prod.',
      observed: 'no such namespace',
      fix: {
        snippet: { text: `kubectl create namespace payments\n${create}` },
      },
    });
  });

  it('is made again by a repair in a namespace that is there', () => {
    expect(missing(known({ name: 'payments' })).fix?.rerun).toBe('as-before');
    expect(missing(known(null)).fix?.rerun).toBeUndefined();
  });

  it('is of no use in a namespace that is being deleted', () => {
    const going = ask(serviceAccountExists, {
      serviceAccount: {},
      namespace: known({ name: 'payments', terminating: true }),
    });
    expect(going).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(
        /^The namespace payments is being deleted, /,
      ),
      expected: 'payments/api',
      observed: 'a namespace that is being deleted',
    });
    expect(going.fix?.snippet?.text).toContain('kubectl wait');
    expect(going.fix?.rerun).toBeUndefined();
  });
});
