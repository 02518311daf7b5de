import {
  ask,
  context,
  denied,
  HAVING,
  LACKING,
  pod,
} from '../__testUtils__/judge';
import { known } from '../framework/fact';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import { serviceAccountIrsa } from '../serviceAccount/irsa';
import { workloadsInjected } from './injected';
import { workloadsUnsupported } from './unsupported';

const HOUR_AGO = context.now - 3_600_000;
const judge = (pods: PodFact[], over: object = {}) =>
  ask(workloadsInjected, {
    pods,
    association: known({ createdAt: HOUR_AGO, modifiedAt: HOUR_AGO }),
    role: known(null),
    admission: known({ answered: 5, injected: 5 }),
    webhook: denied,
    namespace: denied,
    ...over,
  });
const named = (name: string, ...containers: ContainerFact[]) =>
  pod({ name, containers, mainContainer: 'app' });
const lackingOf = (pods: PodFact[], over: object = {}) =>
  judge(pods, over).lacking;
const sidecar = { ...LACKING, name: 'proxy', kind: 'sidecar' } as const;
const init = { ...LACKING, name: 'prepare', kind: 'init' } as const;

describe('every container counts', () => {
  it('names a sidecar without the identity that calls AWS, and what says so', () => {
    const one = named('a', HAVING, { ...sidecar, awsSign: 'AWS_REGION' });
    expect(judge([pod(), one])).toMatchObject({
      status: 'warn',
      message:
        '1 of 2 running pods have a container without the identity beside others that have it: sidecar proxy of Deployment api. Sidecar proxy has AWS_REGION.',
      observed: '1 of 2 running pods',
      counts: { good: 1, all: 2 },
      lacking: [{ how: 'identity', pods: ['a'] }],
    });
  });

  it('counts a sidecar that is between two runs, and no init container that is', () => {
    const waiting = { awsSign: 'AWS_REGION', state: 'waiting' as const };
    const beside = (one: ContainerFact) => judge([named('a', HAVING, one)]);
    expect(beside({ ...sidecar, ...waiting }).status).toBe('warn');
    expect(beside({ ...init, ...waiting }).status).toBe('note');
  });

  it('notes init containers and sidecars that the annotation leaves out and that show no sign of AWS', () => {
    const one = {
      ...named('a', HAVING, sidecar, { ...init, state: 'ended' as const }),
      skipContainers: ['proxy', 'prepare'],
    };
    expect(judge([one])).toMatchObject({
      status: 'note',
      message:
        '1 of 1 running pods have a container without the identity beside others that have it: sidecar proxy, init container prepare of Deployment api.',
      lacking: [],
    });
    const calling = {
      ...one,
      containers: [HAVING, { ...sidecar, awsSign: 'the program aws' }],
    };
    expect(judge([calling])).toMatchObject({
      status: 'warn',
      fix: {
        cause:
          'The annotation eks.amazonaws.com/skip-containers names a container that calls AWS.',
        snippet: { text: expect.stringContaining('"prepare"') },
      },
    });
  });

  it('passes over an init container that has ended, unless it is left out by name or calls AWS', () => {
    const ended = { ...init, state: 'ended' as const };
    expect(judge([named('a', HAVING, ended)]).status).toBe('pass');
    expect(
      judge([named('a', HAVING, { ...ended, awsSign: 'AWS_REGION' })]).status,
    ).toBe('note');
    // The webhook gave the identity to what has ended, and nothing to what runs.
    expect(
      judge([named('a', LACKING, { ...HAVING, ...ended, injected: true })])
        .lacking,
    ).toEqual([{ how: 'restart', pods: ['a'] }]);
  });

  it('warns of a container from which something took a part of the injection', () => {
    const stripped = { ...LACKING, name: 'two', missing: ['the token volume'] };
    expect(judge([named('a', HAVING, stripped)])).toMatchObject({
      status: 'warn',
      fix: { cause: expect.stringMatching(/^Something took/) },
    });
  });

  const wrong = (what: string): ContainerFact => ({
    ...LACKING,
    missing: [],
    wrong: [what],
  });
  const PATH =
    'AWS_CONTAINER_CREDENTIALS_FULL_URI to another path of the agent';

  it('says which variable holds what kind of wrong thing, and takes it out', () => {
    expect(judge([named('a', wrong(PATH))])).toMatchObject({
      status: 'warn',
      message: `1 of 1 running pods run without the identity: 1 of Deployment api; container app sets ${PATH}.`,
      lacking: [{ how: 'identity', pods: ['a'] }],
      fix: {
        snippet: {
          text: 'kubectl -n payments set env deployment/api -c app AWS_CONTAINER_CREDENTIALS_FULL_URI- AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE-',
        },
      },
    });
    const beside = named('a', HAVING, { ...wrong(PATH), name: 'two' });
    expect(judge([beside])).toMatchObject({
      status: 'warn',
      message: expect.stringContaining(` Container two sets ${PATH}.`),
      fix: { snippet: { text: expect.stringContaining('-c two AWS_') } },
    });
  });
});

describe('pods that do not run', () => {
  const stuck = pod({
    phase: 'Pending',
    containers: [LACKING],
    notStarted: 'it cannot start',
  });
  const pending = pod({
    phase: 'Pending',
    containers: [{ ...LACKING, state: 'waiting' }],
  });

  it('do not count', () => {
    expect(judge([pod(), stuck, pending])).toMatchObject({
      status: 'pass',
      message: 'The running pod has the identity.',
      counts: { good: 1, all: 1 },
    });
    expect(judge([stuck, pending])).toMatchObject({
      status: 'skip',
      explainedBy: { oneOf: ['workloads.start-up'] },
    });
  });

  it('count while an init container runs, and once they crash', () => {
    const at = (state: ContainerFact['state']) =>
      judge([{ ...pending, containers: [{ ...LACKING, state }] }]).status;
    expect(at('crashing')).toBe('warn');
    expect(
      judge([
        {
          ...pending,
          containers: [...pending.containers, { ...init, state: 'running' }],
        },
      ]).status,
    ).toBe('warn');
  });

  it('count where an init container crashes, perhaps for want of the identity', () => {
    const crashing = { ...init, state: 'crashing' as const };
    const one = { ...stuck, containers: [LACKING, crashing] };
    expect(judge([one])).toMatchObject({
      status: 'warn',
      lacking: [{ how: 'restart', pods: [one.name] }],
    });
  });

  it('are still told of where no agent can be, which is no matter of their start', () => {
    const outcome = ask(workloadsUnsupported, {
      pods: [{ ...stuck, nodeName: 'fargate-1' }],
      nodes: known([]),
      cni: known(null),
    });
    expect(outcome.message).toMatch(/^1 of 1 pods run on Fargate/);
    expect(outcome.lacking).toEqual([{ how: 'identity', pods: [stuck.name] }]);
  });
});

it('judges the facts of an older engine, whose containers have neither kind nor state', () => {
  const old = ({ kind, state, ...rest }: ContainerFact) =>
    rest as ContainerFact;
  expect(judge([pod({ containers: [old(HAVING)] })]).status).toBe('pass');
  const beside = pod({
    name: 'a',
    mainContainer: 'proxy',
    containers: [old(HAVING), old({ ...LACKING, name: 'proxy' })],
  });
  expect(judge([beside])).toMatchObject({
    status: 'warn',
    message: expect.stringMatching(/: proxy of Deployment api\.$/),
    lacking: [{ how: 'identity', pods: ['a'] }],
  });
});

describe('how pods lack the identity, for the verdict', () => {
  const old = (name: string, rest: Partial<ContainerFact> = {}) => ({
    ...named(name, { ...LACKING, ...rest }),
    createdAt: HOUR_AGO - 5,
  });

  it('tells what a restart cures from what it does not', () => {
    const foreignCredentialsUri = 'http://127.0.0.1:9911';
    const pods = [
      old('age'),
      old('irsa', { irsaRoleArn: 'arn:r' }),
      old('own', { foreignCredentialsUri, missing: [] }),
      old('wrong', { missing: [], wrong: ['X to Y'] }),
      { ...old('out'), skipped: true },
      named('good', HAVING),
    ];
    const rest = [
      {
        how: 'other',
        which: 'credentials of an address of their own',
        pods: ['own'],
      },
      { how: 'identity', pods: ['wrong'] },
    ];
    expect(lackingOf(pods)).toEqual([
      ...rest,
      { how: 'restart', pods: ['age'] },
      { how: 'restart', which: 'IRSA', pods: ['irsa'] },
      { how: 'identity', pods: ['out'] },
    ]);
    // While new pods get nothing, a restart cures nothing.
    const none = { admission: known({ answered: 5, injected: 0 }) };
    expect(lackingOf(pods, none)).toEqual([
      ...rest,
      { how: 'identity', pods: ['age'] },
      { how: 'other', which: 'IRSA', pods: ['irsa'] },
      { how: 'identity', pods: ['out'] },
    ]);
  });

  it('counts what is older than a change, also beside what lacks it', () => {
    const role = known({ name: 'api', createdAt: context.now - 60_000 });
    const before = { ...named('before', HAVING), createdAt: HOUR_AGO };
    expect(lackingOf([before, old('age')], { role })).toEqual([
      { how: 'restart', pods: ['age'] },
      { how: 'restart', pods: ['before'] },
    ]);
  });

  it('says so of IRSA, too', () => {
    const judgeIrsa = (dryRuns: object) =>
      ask(serviceAccountIrsa, {
        association: known({}),
        serviceAccount: { name: 'api', irsaRoleArn: 'arn:r' },
        dryRuns: known({ irsaInstead: false, ...dryRuns }),
        pods: known([old('irsa', { irsaRoleArn: 'arn:r' })]),
      }).lacking;
    expect(judgeIrsa({ answered: 5, injected: 5 })).toEqual([
      { how: 'restart', which: 'IRSA', pods: ['irsa'] },
    ]);
    expect(judgeIrsa({ answered: 5, injected: 0 })).toEqual([
      { how: 'other', which: 'IRSA', pods: ['irsa'] },
    ]);
  });

  it('leaves out what does no harm', () => {
    const on = (rest: Partial<PodFact>) =>
      ask(workloadsUnsupported, {
        pods: [pod({ name: 'a', ...rest })],
        nodes: known([]),
        cni: known({ podSecurityGroups: 'strict' }),
      }).lacking;
    expect(on({ hostNetwork: true })).toEqual([]);
    expect(on({ podEni: true })).toEqual([{ how: 'identity', pods: ['a'] }]);
    expect(on({ containers: [{ ...HAVING, proxied: 'yes' }] })).toEqual([
      { how: 'identity', pods: ['a'] },
    ]);
  });
});
