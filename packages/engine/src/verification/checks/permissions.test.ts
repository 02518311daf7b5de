import { ask, run } from '../__testUtils__/judge';
import { anchorOf } from '../check';
import { permissionCheckFor } from './permissions';

describe('permissions.*', () => {
  const check = permissionCheckFor({ name: 's3', command: ['s3', 'ls'] });
  const answer = (exitCode: number, text: string) =>
    ask(check, { podRun: run({ permissions: { s3: { exitCode, text } } }) });

  it('points to the one section of the documentation', () => {
    expect(check).toMatchObject({
      id: 'permissions.s3',
      anchor: anchorOf('permissions.*'),
      title: 'The pod may run aws s3 ls',
    });
  });

  it('shows the statement only where it would help', () => {
    const text = (why: string) =>
      `An error occurred (AccessDenied) when calling the ListBuckets operation: User: arn:aws:sts::111122223333:assumed-role/r/eks-a is not authorized to perform: s3:ListAllMyBuckets ${why}`;
    const plain = answer(
      254,
      text(
        'because no identity-based policy allows the s3:ListAllMyBuckets action',
      ),
    );
    expect(plain).toMatchObject({
      status: 'fail',
      message: '"aws s3 ls" was denied: no identity policy allows it.',
    });
    expect(plain.fix?.snippet?.text).toContain('s3:ListAllMyBuckets');
    const scp = answer(
      254,
      text('with an explicit deny in a service control policy'),
    );
    expect(scp).toMatchObject({
      message:
        '"aws s3 ls" was denied: an explicit deny in the service control policy.',
    });
    expect(scp.fix?.snippet).toBeUndefined();
  });

  it('does not know what was not tried', () => {
    expect(ask(check, { podRun: run({}) }).status).toBe('unknown');
  });
});
