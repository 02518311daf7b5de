import { leaseKeys } from './leaseKeys';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

describe('the key of a lease', () => {
  it('names one thing', () => {
    expect(leaseKeys.run('r1')).toBe('run/r1');
    expect(leaseKeys.ref(ref)).toBe('ref/prod/payments/api');
    expect(leaseKeys.admitRef(ref)).toBe('admit/ref/prod/payments/api');
    expect(leaseKeys.admitUser('user:default/ada')).toBe(
      'admit/user/user:default/ada',
    );
    expect(leaseKeys.admitFor('group:default/a')).toBe(
      'admit/for/group:default/a',
    );
    expect(leaseKeys.cluster('arn')).toBe('cluster/arn');
  });

  it('fits its column, and still names one thing', () => {
    const fits = `${'r'.repeat(507)}`;
    expect(leaseKeys.role(fits)).toBe(`role/${fits}`);
    const [one, other] = ['a', 'b'].map(end => leaseKeys.role(`${fits}${end}`));
    expect(one).toHaveLength(512);
    expect(other).toHaveLength(512);
    expect(one).not.toBe(other);
  });

  it('is one for equal verifications of one holder, and another for each other kind', () => {
    const asked = {
      requestHash: 'h',
      recordsTimeline: false,
      input: {} as any,
    };
    const checks = { permissionChecks: [] } as any;
    const holder = {
      entityRef: 'component:default/api',
      uid: 'u1',
      ownerRefs: [],
    };
    const keys = [
      leaseKeys.verify(asked),
      leaseKeys.verify({ ...asked, recordsTimeline: true }),
      leaseKeys.verify({ ...asked, input: checks }),
      leaseKeys.verify({ ...asked, holder }),
      leaseKeys.verify({ ...asked, holder: { ...holder, uid: undefined } }),
      ...[
        { isAdministrator: true },
        { isAdministrator: false, decided: true },
        { isAdministrator: false, claimsIt: true },
        { isAdministrator: false },
      ].map(who =>
        leaseKeys.verify({ ...asked, claimant: { claims: ['x'], ...who } }),
      ),
    ];
    expect(keys).toEqual([
      'verify/h',
      'verify/h/timeline',
      'verify/h/named',
      'verify/h/component:default/api/u1',
      'verify/h/component:default/api/',
      'verify/h',
      'verify/h',
      'verify/h/claimed',
      'verify/h/unclaimed',
    ]);
  });
});
