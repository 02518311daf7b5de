import type { OperationResult } from 'backstage-plugin-eks-pod-identity-common';
import type { OperationRecord } from '../store';
import { withEarlierAttempts } from './attempts';
import { countOf } from './countOf';
import { subjectOf } from './subjectOf';

const step = (kind: string, name: string, change = 'delete') => ({
  change,
  resource: { kind, name, consoleUrl: 'x' },
});
const first = (steps: object[] = [], changes = true) =>
  ({ plan: { changes, steps } } as unknown as OperationRecord);
const result = (more: object) => more as OperationResult;

describe('an operation that took several attempts', () => {
  it.each<[string, OperationRecord, object, object]>([
    [
      'did what its first plan set out to do',
      first(),
      { kind: 'associate', applied: true, changed: false },
      { changed: true },
    ],
    [
      'changed nothing where its first plan did not',
      first([], false),
      { kind: 'associate', applied: true, changed: false },
      { changed: false },
    ],
    [
      'changed nothing where it had no plan',
      {} as OperationRecord,
      { kind: 'associate', applied: true, changed: false },
      { changed: false },
    ],
    [
      'changed nothing where it only planned',
      first(),
      { kind: 'associate', applied: false, changed: false },
      { changed: false },
    ],
    [
      'changed nothing where it verified',
      first(),
      { kind: 'verify', status: 'verified' },
      { status: 'verified' },
    ],
    [
      'restarted',
      first(),
      { kind: 'restart', changed: false },
      { changed: true },
    ],
    [
      'restarted, whether that has more to apply or not',
      first(),
      { kind: 'restart', applied: false, changed: false },
      { changed: true },
    ],
  ])('%s', (_, record, found, expected) => {
    expect(withEarlierAttempts(record, result(found))).toEqual({
      ...found,
      ...expected,
    });
  });

  it('removed what its first plan removes and the last attempt did not find', () => {
    const record = first([
      step('role', 'r'),
      step('association', 'a'),
      step('role', 'shared'),
      step('role', 'x', 'keep'),
      step('policy', 'r'),
    ]);
    const last = {
      kind: 'teardown',
      applied: true,
      changed: false,
      removed: [{ kind: 'association', name: 'a' }],
      kept: [{ kind: 'role', name: 'shared' }],
    };
    expect(withEarlierAttempts(record, result(last))).toEqual({
      ...last,
      changed: true,
      removed: [
        { kind: 'role', name: 'r' },
        { kind: 'policy', name: 'r' },
        { kind: 'association', name: 'a' },
      ],
    });
  });
});

describe('whose rights an operation has', () => {
  const record = {
    initiatorType: 'user',
    initiator: 'user:default/ada',
    granted: ['g'],
    ownerRefs: ['group:default/a'],
  } as OperationRecord;
  const claimant = { claims: ['user:default/ada'], isAdministrator: true };
  const entity = { entityRef: 'component:default/api', entityUid: 'u1' };

  it.each<[string, Partial<OperationRecord>, object]>([
    ['are those of its user', { claimant }, { claimant, entity: undefined }],
    [
      'are none where the claims of its user are not known',
      {},
      { claimant: { claims: [], isAdministrator: false } },
    ],
    [
      'are those of a service without claims',
      { initiatorType: 'service', claimant },
      { claimant: undefined },
    ],
    [
      'are about its entity',
      entity,
      {
        entity: {
          entityRef: 'component:default/api',
          uid: 'u1',
          ownerRefs: ['group:default/a'],
        },
      },
    ],
    [
      'are about no entity without its uid',
      { ...entity, entityUid: undefined },
      { entity: undefined },
    ],
    [
      'are about no entity without its ref',
      { ...entity, entityRef: undefined },
      { entity: undefined },
    ],
  ])('%s', (_, more, expected) => {
    expect(subjectOf({ ...record, ...more })).toMatchObject(expected);
  });
});

test.each([
  [1, 'change', '1 change'],
  [0, 'change', '0 changes'],
  [2, 'AWS identity', '2 AWS identities'],
  [1, 'AWS identity', '1 AWS identity'],
])('%d of %s is %s', (count, noun, words) =>
  expect(countOf(count, noun)).toBe(words),
);
