import { wantedPermissions } from './wantedPermissions';

/** Names of permissions without what all of them begin with; those that a request can do without have a question mark. */
const wanted = (kind: string, input: object = {}) =>
  wantedPermissions(
    { kind, input: { clusterName: 'prod', ...input } } as any,
    'prod/payments/api',
  ).map(
    ({ permission, refusal }) =>
      permission.name.replace('eks-pod-identity.', '') + (refusal ? '' : '?'),
  );

const ASSOCIATE = ['association.create', 'association.read?'];
const TEARDOWN = ['association.delete', 'association.read?'];
const ORPHAN = ['association.delete', 'orphan.remove', 'association.read?'];
const entityRef = 'component:default/api';

describe('what a request needs', () => {
  it.each<[string, object, string[]]>([
    ['associate', {}, [...ASSOCIATE, 'association.update?', 'agent.install?']],
    [
      'associate',
      { installAgent: false },
      [...ASSOCIATE, 'association.update?'],
    ],
    [
      'associate',
      { installAgent: true, replaceRole: true, restartWorkloads: true },
      [...ASSOCIATE, 'association.update', 'workload.restart', 'agent.install'],
    ],
    ['verify', {}, ['verification.create', 'association.read']],
    ['teardown', { entityRef }, TEARDOWN],
    ['teardown', {}, ORPHAN],
    [
      'teardown',
      { entityRef, removeAgent: true },
      [...TEARDOWN, 'agent.install'],
    ],
    [
      'restart',
      {},
      ['workload.restart', 'association.read', 'verification.create?'],
    ],
    [
      'migrate',
      { until: 'rehearsal' },
      ['migration.create', 'association.read'],
    ],
    [
      'migrate',
      { until: 'moved' },
      [
        'migration.create',
        'workload.restart',
        'verification.create?',
        'association.read',
      ],
    ],
    [
      'migrate',
      { until: 'finished' },
      ['migration.create', 'verification.create?', 'association.read'],
    ],
    ['rollback', {}, ['migration.rollback', 'association.read']],
  ])('to %s with %j', (kind, input, permissions) => {
    expect(wanted(kind, input)).toEqual(permissions);
  });

  it('is not known of another kind', () => {
    expect(() => wanted('dance')).toThrow('Unknown kind of operation: dance');
  });
});
