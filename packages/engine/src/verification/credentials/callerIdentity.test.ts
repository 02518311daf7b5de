import {
  callerOfDenial,
  compareCaller,
  kindOfCaller,
  parseCallerIdentity,
  readCaller,
} from './callerIdentity';

const role = 'arn:aws:iam::111122223333:role/backstage/team/payments-api';
const session = (name: string, account = '111122223333') =>
  readCaller(
    `arn:aws:sts::${account}:assumed-role/${name}/eks-payments-p-api-1b57`,
    'AROAEXAMPLE:eks-payments-p-api-1b57',
  );

describe('the identity of the pod', () => {
  it('compares partition, account and name, never the path', () => {
    expect(compareCaller(session('payments-api'), role)).toBe('same');
    expect(compareCaller(session('payments-api2'), role)).toBe('other');
    expect(compareCaller(session('api'), role)).toBe('other');
    expect(compareCaller(session('payments-api', '222233334444'), role)).toBe(
      'other',
    );
    expect(
      compareCaller(
        readCaller('arn:aws-cn:sts::111122223333:assumed-role/payments-api/e'),
        role,
      ),
    ).toBe('other');
  });

  it('recognises a recreated role by its RoleId', () => {
    expect(compareCaller(session('payments-api'), role, 'AROAEXAMPLE')).toBe(
      'same',
    );
    expect(compareCaller(session('payments-api'), role, 'AROAOTHER')).toBe(
      'recreated',
    );
  });

  it.each([
    ['arn:aws:sts::111122223333:assumed-role/r/eks-a-b-c', 'pod-identity'],
    [
      'arn:aws:sts::111122223333:assumed-role/node/i-0b64a233926c6200c',
      'node-role',
    ],
    ['arn:aws:sts::111122223333:assumed-role/r/botocore-session-17', 'irsa'],
    ['arn:aws:sts::111122223333:assumed-role/r/somebody', 'role'],
    ['arn:aws:iam::1:user/deployer', 'static-keys'],
  ])('knows where %s comes from', (arn, kind) => {
    expect(kindOfCaller(readCaller(arn))).toBe(kind);
  });

  it('reads the CLI’s JSON and a denial, and nothing else', () => {
    expect(
      parseCallerIdentity(
        '{"UserId":"AROAX:s","Account":"1","Arn":"arn:aws:sts::111122223333:assumed-role/r/s"}',
      ),
    ).toMatchObject({ roleName: 'r', uniqueId: 'AROAX' });
    expect(parseCallerIdentity('not json')).toBeUndefined();
    expect(parseCallerIdentity('{"Account":"1"}')).toBeUndefined();
    expect(
      callerOfDenial(
        'User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: sts:GetCallerIdentity',
      ),
    ).toMatchObject({ roleName: 'r' });
    expect(callerOfDenial('Connect timeout')).toBeUndefined();
  });
});
