import {
  evidenceSchema,
  type EvidenceEvent,
  type PodIdentityEvidenceSource,
} from 'backstage-plugin-eks-pod-identity-common';
import { NotAllowedError } from '@backstage/errors';
import {
  assumedByIrsa,
  assumedByPod,
  called,
  calledByUser,
  CLUSTER_ARN,
  ISSUER,
  keyId,
  ROLE_ARN,
  USER_AGENTS,
} from './__testUtils__/events';
import { decodeCloudTrailEvent } from './decode';
import { gatherEvidence } from './gather';
import { readEvidence } from './read';
import type { EvidenceRequest, EvidenceSubject } from './types';

const SEARCHED = {
  from: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T11:00:00.000Z',
};
const subject: EvidenceSubject = {
  ref: { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
  cluster: { id: 'prod', name: 'payments-prod', arn: CLUSTER_ARN } as any,
  roleArns: [ROLE_ARN],
  issuer: ISSUER,
  pods: [],
  staticKeyIds: [],
  instanceIds: [],
};
const decoded = (records: readonly string[]) =>
  records.map(one => decodeCloudTrailEvent(one)!);
const gather = (
  records: readonly string[],
  rest: Partial<EvidenceSubject> = {},
  soFar?: Parameters<typeof gatherEvidence>[3],
) => gatherEvidence(decoded(records), { ...subject, ...rest }, SEARCHED, soFar);

describe('gatherEvidence', () => {
  it('remembers when what AWS refused has succeeded, and takes no other error for either', () => {
    const key = keyId();
    const refused = { errorCode: 'AccessDenied', errorMessage: 'no' };
    const slow = { errorCode: 'ThrottlingException', errorMessage: 'slow' };
    const at = (minute: number) => `2026-01-01T10:${minute}:00.000Z`;
    const allowedAt = (...records: string[]) =>
      gather([assumedByPod({ key, at: at(10) }), ...records]).denied.map(
        one => [one.lastAt, one.allowedAt],
      );
    expect(allowedAt(called({ key, at: at(20) }))).toEqual([]);
    const denied = called({ key, at: at(21), error: refused });
    const none = [
      called({ key, at: at(20) }),
      called({ key, at: at(22), error: slow }),
      called({ key, at: at(22), name: 'ListObjects' }),
    ];
    expect(allowedAt(denied, ...none)).toEqual([[at(21), undefined]]);
    const allowed = called({ key, at: at(23) });
    expect(allowedAt(denied, ...none, allowed)).toEqual([[at(21), at(23)]]);
    const again = called({ key, at: at(24), error: refused });
    expect(allowedAt(denied, allowed, again)).toEqual([[at(24), at(23)]]);
  });

  it('counts no pod that AWS answered with an error', () => {
    const error = { errorCode: 'PackedPolicyTooLarge', errorMessage: 'x' };
    expect(gather([assumedByPod({ error })])).toMatchObject({
      pods: [],
      denied: [],
      sessions: [],
      others: [],
    });
  });

  it('tells pods that obtained the role, and what they did with it', () => {
    const key = keyId();
    const evidence = gather([
      called({ key }),
      called({ key, service: 'sts.amazonaws.com', name: 'GetCallerIdentity' }),
      assumedByPod({ key, at: '2026-01-01T10:42:00Z' }),
      assumedByPod({ at: '2026-01-01T04:42:00Z' }),
      assumedByPod({
        uid: 'uid-2',
        pod: 'payments-api-7d9f8b6c5-b',
        at: '2026-01-01T09:00:00Z',
      }),
    ]);
    expect(evidenceSchema.parse(evidence)).toEqual(evidence);
    expect(evidence).toMatchObject({
      state: 'read',
      readFrom: SEARCHED.from,
      readUntil: SEARCHED.until,
      pods: [
        {
          uid: 'uid-1',
          firstAt: '2026-01-01T04:42:00.000Z',
          lastAt: '2026-01-01T10:42:00.000Z',
          sessions: 2,
        },
        { uid: 'uid-2', sessions: 1 },
      ],
      others: [],
      denied: [],
    });
    expect(evidence.uses).toEqual([
      expect.objectContaining({
        service: 's3',
        operations: ['ListBuckets'],
        sdk: 'boto3',
        version: '1.35.10',
        source: 'pod-identity',
        count: 1,
      }),
      expect.objectContaining({ service: 'sts' }),
    ]);
  });

  it('counts each event once, however often a search finds it', () => {
    const key = keyId();
    const records = [
      assumedByPod({ key }),
      called({ key, error: { errorCode: 'AccessDenied', errorMessage: 'no' } }),
    ];
    const once = gather(records);
    const twice = gather(records, {}, once);
    expect(twice).toEqual(once);
    const more = gather([...records, called({ key })], {}, twice);
    expect(more.uses[0].count).toBe(2);
    expect(more.denied[0].count).toBe(1);
  });

  it('leaves out the pods of the portal itself', () => {
    const evidence = gather([
      assumedByPod({ pod: 'eks-pod-identity-probe-0a1b2c3d4e' }),
      assumedByPod({ pod: 'eks-pod-identity-probe-0a1b2c3d4e', tagless: true }),
    ]);
    expect(evidence).toMatchObject({ pods: [], others: [], sessions: [] });
  });

  it('tells others who obtained the role, and this account by IRSA', () => {
    const other = CLUSTER_ARN.replace('payments-prod', 'staging');
    const evidence = gather([
      assumedByPod({ namespace: 'orders' }),
      assumedByPod({ clusterArn: other }),
      assumedByIrsa(),
      assumedByIrsa({ issuer: `${ISSUER}2` }),
      assumedByIrsa({ subject: 'system:serviceaccount:orders:api' }),
    ]);
    expect(evidence.pods).toEqual([]);
    expect(
      evidence.others.map(one => [one.kind, one.name, one.own]).sort(),
    ).toEqual([
      ['irsa', `system:serviceaccount:orders:api of ${ISSUER}`, undefined],
      ['irsa', `system:serviceaccount:payments:api of ${ISSUER}2`, undefined],
      ['irsa', 'system:serviceaccount:payments:api', true],
      ['pod-identity', 'payments-prod/orders/api', undefined],
      ['pod-identity', 'staging/payments/api', undefined],
    ]);
    expect(evidence.others.find(one => one.own)).toMatchObject({
      sdk: 'Go v2',
      version: '1.32.0',
    });
  });

  it('attributes IRSA to no account where the issuer of the cluster is not known', () => {
    const { others } = gather([assumedByIrsa()], { issuer: undefined });
    expect(others[0].own).toBeUndefined();
  });

  it('matches a session without tags by what is left of its name', () => {
    const tagless = assumedByPod({ tagless: true });
    const lone = { name: 'payments-api-7d9f8b6c5-x2x4z', uid: 'u' };
    expect(gather([tagless], { pods: [lone] }).pods[0]).toMatchObject({
      uid: 'u',
    });
    const replica = { name: 'payments-api-7d9f8b6c5-zzzzz', uid: 'v' };
    const { pods } = gather([tagless], { pods: [lone, replica] });
    expect(pods).toEqual([expect.objectContaining({ name: 'payments-a…' })]);
    const stranger = gather([tagless], { pods: [{ name: 'orders-1' }] });
    expect(stranger.pods).toEqual([]);
    expect(stranger.others).toHaveLength(1);
  });

  it('follows the keys of a target role', () => {
    const target = 'arn:aws:iam::444455556666:role/target';
    const key = keyId();
    const targetKey = keyId();
    const hop = JSON.parse(called({ key, name: 'AssumeRole' }));
    const records = [
      assumedByPod({ key }),
      JSON.stringify({
        ...hop,
        eventSource: 'sts.amazonaws.com',
        requestParameters: { roleArn: target, roleSessionName: 'second' },
        responseElements: { credentials: { accessKeyId: targetKey } },
      }),
      called({ key: targetKey, roleArn: target, session: 'second' }),
    ];
    const evidence = gather(records, { roleArns: [ROLE_ARN, target] });
    expect(evidence.others).toEqual([]);
    expect(evidence.uses).toEqual([
      expect.objectContaining({ service: 's3', count: 1 }),
    ]);
  });

  it('tells calls by a key of the spec, and as the node by no program of EKS', () => {
    const instance = 'i-0123456789abcdef0';
    const asNode = (userAgent: string) =>
      called({
        session: instance,
        roleArn: 'arn:aws:iam::111122223333:role/node',
        userAgent,
      });
    const records = [
      calledByUser(),
      asNode(USER_AGENTS.javaAsNode),
      asNode(USER_AGENTS.agent),
    ];
    expect(gather(records)).toMatchObject({ staticKeys: [], nodes: [] });
    const evidence = gather(records, {
      staticKeyIds: ['AKIAEXAMPLE123456789'],
      instanceIds: [instance],
    });
    expect(evidence.staticKeys).toEqual([
      expect.objectContaining({
        keyId: 'AKIAEXAMPLE123456789',
        sdk: 'JavaScript v2',
      }),
    ]);
    expect(evidence.nodes).toEqual([
      expect.objectContaining({ instanceId: instance, sdk: 'Java v2' }),
    ]);
  });

  it('keeps the newest of each list, and says which were cut', () => {
    const records = Array.from({ length: 60 }, (_, index) =>
      assumedByPod({
        uid: `uid-${index}`,
        at: `2026-01-01T10:00:${String(index).padStart(2, '0')}Z`,
      }),
    );
    const evidence = gather(records);
    expect(evidence.pods).toHaveLength(50);
    expect(evidence.pods[0].uid).toBe('uid-59');
    expect(evidence.cut).toEqual(['pods', 'sessions']);
  });
});

describe('readEvidence', () => {
  const NOW = Date.parse(SEARCHED.until);
  const request: EvidenceRequest = {
    ...subject,
    signal: new AbortController().signal,
  };
  /** A source that answers from a list, page by page, and notes what it was asked. */
  function sourceOf(pages: (question: object) => EvidenceEvent[][]) {
    const asked: string[] = [];
    const source: PodIdentityEvidenceSource = {
      id: 'test',
      async *read({ question, from }) {
        for (const page of pages(question)) {
          asked.push(`${JSON.stringify(question)} ${from.toISOString()}`);
          yield page;
        }
      },
    };
    return { source, asked };
  }

  it('searches by role, then by the keys that were given out, and goes on where it stopped', async () => {
    const key = keyId();
    const obtained = decoded([assumedByPod({ key })]);
    const calls = decoded([called({ key })]);
    const { source, asked } = sourceOf(question => [
      'role' in question ? obtained : calls,
    ]);
    const first = await readEvidence(source, request, NOW);
    expect(first).toMatchObject({
      state: 'read',
      readFrom: '2025-12-25T11:00:00.000Z',
      uses: [{ service: 's3', count: 1 }],
    });
    expect(asked).toEqual([
      `{"role":"${ROLE_ARN}"} 2025-12-25T11:00:00.000Z`,
      `{"accessKeyId":"${key}"} 2025-12-25T11:00:00.000Z`,
    ]);
    const next = await readEvidence(source, request, NOW + 60_000, first);
    expect(asked[2]).toBe(`{"role":"${ROLE_ARN}"} 2026-01-01T10:40:00.000Z`);
    expect(next.uses[0].count).toBe(1);
  });

  it('asks for no more pages than a person would wait for', async () => {
    const { source, asked } = sourceOf(() =>
      Array.from({ length: 100 }, () =>
        decoded(Array.from({ length: 50 }, () => assumedByIrsa())),
      ),
    );
    const evidence = await readEvidence(source, request, NOW);
    expect(asked).toHaveLength(4);
    expect(evidence.readFrom).toBe('2026-01-01T10:42:00.000Z');
  });

  it('says how far it read, and leaves no time out unsaid', async () => {
    const full = (records: () => string) =>
      decoded(Array.from({ length: 50 }, records));
    const key = keyId();
    const obtained = decoded([
      assumedByPod({ key, at: '2026-01-01T10:42:00Z' }),
      ...['02', '03', '04'].map(hour =>
        assumedByPod({ at: `2026-01-01T${hour}:00:00Z` }),
      ),
    ]);
    const { source } = sourceOf(question =>
      'role' in question ? [obtained] : [full(() => called({ key }))],
    );
    const first = await readEvidence(source, request, NOW);
    expect(evidenceSchema.parse(first).readUpTo).toEqual({
      sessions: 3,
      calls: 50,
    });
    // Nothing of this is left to say once a search has seen everything.
    const silent = sourceOf(() => [[]]).source;
    const one = { ...first, sessions: first.sessions.slice(0, 1) };
    const second = await readEvidence(silent, request, NOW + 60_000, one);
    expect(second).not.toHaveProperty('readUpTo');
    expect(second.readFrom).toBe(first.readFrom);
    const busy = sourceOf(question =>
      'role' in question
        ? Array.from({ length: 9 }, () =>
            full(() => assumedByIrsa({ at: '2026-01-02T10:00:00Z' })),
          )
        : [[]],
    ).source;
    const later = await readEvidence(busy, request, NOW + 86_400_000, second);
    expect(later).toMatchObject({
      readFrom: '2026-01-02T10:00:00.000Z',
      readUpTo: { events: 200 },
    });
  });

  it.each([
    [
      new NotAllowedError('not allowed to call cloudtrail:LookupEvents'),
      'denied',
    ],
    [new Error('socket hang up\n AKIAEXAMPLE123456789'), 'unread'],
  ])('keeps what it knew where the source fails: %s', async (error, state) => {
    const { source } = sourceOf(() => {
      throw error;
    });
    const soFar = gather([assumedByPod()]);
    const evidence = await readEvidence(source, request, NOW, soFar);
    expect(evidence).toMatchObject({ state, pods: soFar.pods });
    expect(evidence.reason).not.toMatch(/\n|AKIAEX/);
  });
});
