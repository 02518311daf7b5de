import type {
  MigrateResult,
  OperationResult,
  RestartResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { OperationRecord } from '../store';
import type { Accepted } from './Acceptance';
import { recordOf, verificationOf } from './asked';

const MOVED = {
  kind: 'migrate',
  state: 'moved',
  applied: true,
} as MigrateResult;
const RESTARTED = {
  kind: 'restart',
  changed: true,
  warnings: [],
} as unknown as RestartResult;
const target = {
  clusterName: 'prod',
  namespace: 'shop',
  serviceAccount: 'api',
  entityRef: 'component:default/shop',
};

function move(granted: string[]) {
  return {
    id: 'move',
    kind: 'migrate',
    ref: { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' },
    initiator: 'user:default/ada',
    claimant: { claims: ['user:default/ada'], isAdministrator: false },
    idempotencyKey: 'mine',
    input: { ...target, until: 'moved', confirmed: ['Deployment api'] },
    granted: granted.map(name => `eks-pod-identity.${name}`),
  } as OperationRecord;
}
const asked = (granted: string[], result: OperationResult) =>
  verificationOf(move(granted), result);

describe('the verification of what was moved or restarted', () => {
  it('is asked by who moved it, with the rights they had then, and nothing else of the move', () => {
    const granted = ['migration.create', 'verification.create'];
    const verification = asked(granted, MOVED);
    expect(verification).toMatchObject({
      kind: 'verify',
      input: target,
      initiator: 'user:default/ada',
      claimant: { claims: ['user:default/ada'] },
      granted: granted.map(name => `eks-pod-identity.${name}`),
    });
    expect(verification?.id).not.toBe('move');
    expect(verification?.input).toEqual(target);
    expect(verification?.recordsTimeline).toBe(false);
    expect(verification).not.toHaveProperty('idempotencyKey');
  });

  it('follows a restart of which the user has nothing to read', () => {
    expect(asked(['verification.create'], RESTARTED)).toMatchObject({
      kind: 'verify',
      input: target,
    });
  });

  it.each<[string, string[], OperationResult]>([
    ['not allowed to verify after a restart', ['workload.restart'], RESTARTED],
    [
      'restarted but for a workload that was left alone',
      ['verification.create'],
      { ...RESTARTED, warnings: ['Its roll-outs are paused.'] },
    ],
    ['not allowed to verify', ['migration.create'], MOVED],
    [
      'not moved to its end',
      ['verification.create'],
      { ...MOVED, state: 'moving' },
    ],
    [
      'taken back',
      ['verification.create'],
      { ...MOVED, kind: 'rollback' } as unknown as OperationResult,
    ],
  ])('is none where it is %s', (_, granted, result) => {
    expect(asked(granted, result)).toBeUndefined();
  });
});

describe('the record of what was accepted', () => {
  const entity = {
    entityRef: 'component:default/shop',
    uid: 'u',
    ownerRefs: ['group:default/shop'],
  };
  const ref = { cluster: 'prod', namespace: 'shop', serviceAccount: 'api' };
  const record = (more: object = {}, request: object = {}) =>
    recordOf(
      {
        request: { kind: 'verify', input: target, ...request },
        ref,
        initiator: { type: 'user', name: 'user:default/ada' },
        trigger: 'action',
        granted: ['g'],
        claimant: { claims: [], isAdministrator: false },
        holder: entity,
        entity,
        ...more,
      } as unknown as Accepted<any>,
      { id: 'o', timeline: true },
    );

  it('has what was asked, by whom, for whom and with which rights', () => {
    const request = { taskId: 't', idempotencyKey: 'k' };
    expect(record({}, request)).toEqual({
      id: 'o',
      kind: 'verify',
      ref,
      input: target,
      taskId: 't',
      idempotencyKey: 'k',
      initiator: 'user:default/ada',
      initiatorType: 'user',
      trigger: 'action',
      granted: ['g'],
      claimant: { claims: [], isAdministrator: false },
      holder: entity,
      entityRef: 'component:default/shop',
      entityUid: 'u',
      ownerRefs: ['group:default/shop'],
      recordsTimeline: true,
      requestHash: expect.any(String),
    });
    expect(record({ entity: undefined })).toMatchObject({
      entityRef: undefined,
      entityUid: undefined,
      ownerRefs: [],
    });
  });

  it('has the same hash for equal verifications, however long they may take, and for equal changes alone', () => {
    const slow = { input: { ...target, timeoutSeconds: 70 } };
    const hash = (request: object) => record({}, request).requestHash;
    expect(hash(slow)).toBe(hash({}));
    expect(hash({ ...slow, kind: 'restart' })).not.toBe(
      hash({ kind: 'restart' }),
    );
    expect(hash({ kind: 'restart' })).toBe(hash({ kind: 'restart' }));
    expect(verificationOf(move(['g']), MOVED)).toBeUndefined();
  });
});
