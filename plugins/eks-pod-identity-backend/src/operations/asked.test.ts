import type {
  MigrateResult,
  OperationResult,
  RestartResult,
} from 'backstage-plugin-eks-pod-identity-common';
import type { OperationRecord } from '../store';
import { verificationOf } from './asked';

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
