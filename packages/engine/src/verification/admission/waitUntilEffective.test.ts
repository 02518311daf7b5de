import { ManualClock } from '../../async/ManualClock';
import type { OperationContext } from '../../operationContext';
import { KubernetesError } from '../../kubernetes/errors';
import { context } from '../__testUtils__/judge';
import {
  type ApiServer,
  apiServers,
  injected,
} from '../probe/__testUtils__/apiServers';
import type { GateRoad } from '../probe/gate';
import { waitUntilEffective } from './waitUntilEffective';

const never: ApiServer = pod => pod;

/** What the webhook of IRSA adds. */
const byIrsa: ApiServer = pod => ({
  ...pod,
  spec: {
    ...pod.spec!,
    containers: pod.spec!.containers.map(container => ({
      ...container,
      env: [{ name: 'AWS_ROLE_ARN', value: 'arn:aws:iam::1:role/r' }],
    })),
  },
});

/** Waits for at most ten seconds of its own clock; a proxy leads to the first API server alone, by several connections. */
async function wait(
  servers: readonly ApiServer[],
  {
    road,
    access = 'eks',
    connections = 0,
    session = async () => undefined as unknown,
  }: {
    road?: GateRoad;
    access?: string;
    connections?: number;
    session?: () => Promise<unknown>;
  } = {},
) {
  const clock = new ManualClock();
  const logged: string[] = [];
  const kubernetes = {
    ...apiServers(servers),
    canI: async () => ({ allowed: true }),
    ...(connections
      ? {
          addresses: async () => Array(connections).fill(''),
        }
      : {}),
  };
  const cluster = {
    ...context.cluster,
    kubernetes: { access },
    probe: { image: 'aws-cli', tolerations: [], imagePullSecrets: [] },
  };
  const deadlineMs = 10_000; // wall time: on the clock of the test
  const result = waitUntilEffective(context.ref, { deadlineMs, road }, {
    clock,
    config: {
      portalId: 'portal',
      timings: { gateMinPause: 1_000, gateMaxPause: 1_000 },
    },
    signal: new AbortController().signal,
    emit: async ({ data }: { data: { message: string } }) =>
      logged.push(data.message),
    clusters: {
      session: () => ({
        cluster,
        role: 'verify',
        kubernetes: async () => (await session()) ?? kubernetes,
      }),
    },
  } as unknown as OperationContext);
  await clock.runToEnd();
  return { ...(await result), logged };
}

describe('waiting until new pods receive the identity', () => {
  it.each<[string, ApiServer[], string]>([
    ['one API server', [injected], '(1 address asked, three times in a row)'],
    ['two', [injected, injected], '(2 addresses asked, three times in a row)'],
  ])('ends at once where %s knows of it', async (_, servers, asked) => {
    expect(await wait(servers)).toEqual({
      effective: 'yes',
      message: `New pods receive the identity from every API server ${asked}, after 0.0 s.`,
      afterMs: 0,
      attempts: 3 * servers.length,
      logged: [],
    });
  });

  it('says since when, and that it waited', async () => {
    const late: ApiServer = (pod, attempt) =>
      attempt > 2 ? injected(pod) : pod;
    const { message, afterMs, logged } = await wait([late]);
    expect({ message, afterMs }).toEqual({
      message:
        'New pods receive the identity from every API server (1 address asked, three times in a row), after 2.0 s.',
      afterMs: 2_000,
    });
    expect(logged).toEqual([expect.stringContaining('waiting until')]);
  });

  it('counts no API server where a proxy leads to them', async () => {
    const { message } = await wait([injected], { connections: 2 });
    expect(message).toBe(
      'New pods receive the identity from every API server to which the proxy led, after 0.0 s.',
    );
    const half = await wait(
      [(pod, attempt) => (attempt % 2 ? injected(pod) : pod)],
      { connections: 2 },
    );
    expect(half.message).toBe(
      'After 10.0 s only 1 of 2 connections by the proxy give new pods the identity; pods created now may lack it.',
    );
  });

  it('says how many API servers know of it at the deadline', async () => {
    expect(await wait([injected, never])).toMatchObject({
      effective: 'no',
      message:
        'After 10.0 s only 1 of 2 API servers give new pods the identity; pods created now may lack it.',
      afterMs: 10_000,
    });
  });

  it.each<[GateRoad, string]>([
    [
      'pod-identity',
      'After 10.0 s new pods still do not receive the identity (AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, the token volume missing); pods created now will lack it.',
    ],
    [
      'irsa',
      'After 10.0 s new pods still do not receive the role of IRSA; pods created now will lack it.',
    ],
  ])('says what is missing, by %s', async (road, message) => {
    expect(await wait([never], { road })).toMatchObject({
      effective: 'no',
      message,
    });
  });

  it('waits for the role of IRSA where an association went', async () => {
    expect((await wait([byIrsa], { road: 'irsa' })).message).toBe(
      'New pods receive the role of IRSA from every API server (1 address asked, three times in a row), after 0.0 s.',
    );
    expect((await wait([injected], { road: 'irsa' })).effective).toBe('no');
  });

  it.each([
    [
      'refuses the pod',
      new KubernetesError({
        verb: 'create',
        resource: 'pods',
        kind: 'forbidden',
        status: 403,
        message:
          'admission webhook "pods.policy.example.com" denied the request: no label team',
      }),
      /^Whether new pods receive the identity cannot be told: .*no label team/,
    ],
    [
      'does not answer',
      new Error('connection lost'),
      /^Whether new pods receive the identity cannot be told, as the cluster's Kubernetes API gave no usable answer within 10\.0 s: connection lost/,
    ],
  ])('cannot tell where an API server %s', async (_, answer, message) => {
    const result = await wait([() => answer]);
    expect(result.effective).toBe('unknown');
    expect(result.message).toMatch(message);
  });

  it('cannot tell without access to the Kubernetes API', async () => {
    const none = await wait([injected], { access: 'none', road: 'irsa' });
    expect(none).toMatchObject({
      effective: 'unknown',
      afterMs: 0,
      attempts: 0,
    });
    expect(none.message).toMatch(
      /^Whether new pods receive the role of IRSA cannot be told\. Not checked: /,
    );
    const failing = await wait([injected], {
      session: () => Promise.reject(new Error('no route to host')),
    });
    expect(failing).toMatchObject({ effective: 'unknown', attempts: 0 });
    expect(failing.message).toMatch(
      /^Whether new pods receive the identity cannot be told\. .*no route to host/,
    );
  });
});
