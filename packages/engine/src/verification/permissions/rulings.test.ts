import { rulingsOf } from './rulings';

const call = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' };
const of = (statement: object, asked: Parameters<typeof rulingsOf>[1] = call) =>
  rulingsOf(
    {
      name: 'p',
      layer: 'identity policy',
      document: { Statement: [{ Effect: 'Allow', ...statement }] },
    },
    asked,
  );

describe('rulingsOf', () => {
  it.each<[string, object, boolean]>([
    ['the very call', { Action: 's3:GetObject', Resource: '*' }, true],
    ['patterns, in any case', { Action: 'S3:get*', Resource: '*/k' }, true],
    ['another action', { Action: 's3:PutObject', Resource: '*' }, false],
    ['another resource', { Action: '*', Resource: 'arn:aws:s3:::c/*' }, false],
    ['all but others', { NotAction: 'ec2:*', NotResource: '*:c/*' }, true],
    ['all but this', { NotAction: 's3:*', Resource: '*' }, false],
    ['all but here', { Action: '*', NotResource: 'arn:aws:s3:::b/*' }, false],
  ])('takes %s', (_what, statement, taken) => {
    expect(of(statement)).toHaveLength(taken ? 1 : 0);
  });

  it('takes every resource where AWS names none', () => {
    const asked = { action: 's3:GetObject' };
    expect(of({ Action: '*', Resource: 'arn:x' }, asked)).toHaveLength(1);
    expect(of({ Action: '*', NotResource: '*' }, asked)).toHaveLength(1);
  });

  it('has the document of a Deny in an inline policy, for the command that removes it', () => {
    const document = {
      Statement: ['Allow', 'Deny'].map(Effect => ({
        Effect,
        Action: '*',
        Resource: '*',
      })),
    };
    const places = (inline?: true) =>
      rulingsOf(
        { name: 'p', layer: 'identity policy', document, inline },
        call,
      ).map(one => one.inline?.index);
    expect(places(true)).toEqual([undefined, 1]);
    expect(places()).toEqual([undefined, undefined]);
  });

  it('names a statement by its Sid, else by its place', () => {
    expect(
      rulingsOf(
        {
          name: 'guard',
          layer: 'permissions boundary',
          document: {
            Statement: [
              { Effect: 'Allow', Action: 'ec2:*', Resource: '*' },
              { Effect: 'Deny', Action: '*', Resource: '*', Condition: {} },
              { Sid: 'A', Effect: 'Allow', Action: '*', Resource: '*' },
            ],
          },
        },
        call,
      ),
    ).toEqual([
      {
        action: 's3:GetObject',
        policy: 'guard',
        layer: 'permissions boundary',
        statement: 'number 2',
        effect: 'Deny',
        conditional: true,
      },
      expect.objectContaining({ statement: '"A"', effect: 'Allow' }),
    ]);
  });
});
