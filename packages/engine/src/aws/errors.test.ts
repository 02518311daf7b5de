import { serializeError } from '@backstage/errors';
import { AwsCredentialsError, toAwsBackstageError } from './errors';

const cluster = {
  id: 'payments',
  accountId: '111122223333',
  region: 'eu-west-1',
  rolePath: '/backstage/',
};
const context = { doing: 'create the role eks-x', cluster };

function answer(name: string, message: string, status: number) {
  return Object.assign(new Error(message), {
    name,
    $metadata: { httpStatusCode: status },
  });
}

describe('toAwsBackstageError', () => {
  it.each<[string, Error, string, RegExp]>([
    [
      'a denial',
      answer(
        'AccessDenied',
        'User: arn:aws:sts::111122223333:assumed-role/b/x is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::111122223333:role/backstage/eks-x because no identity-based policy allows the iam:CreateRole action',
        403,
      ),
      'NotAllowedError',
      /^Could not create the role eks-x \(cluster payments\)\. AWS answered AccessDenied: User: .* Give the portal's credentials this statement of docs\/permissions\.md#aws-changing, whole: \{/,
    ],
    [
      'a denied PassRole',
      answer(
        'AccessDeniedException',
        'User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/backstage/r',
        403,
      ),
      'NotAllowedError',
      /"Condition":\{"StringEquals":\{"iam:PassedToService":"pods\.eks\.amazonaws\.com"\},"ArnLike"/,
    ],
    [
      'a denied PassRole of a role elsewhere',
      answer(
        'AccessDeniedException',
        'User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/team/r',
        403,
      ),
      'NotAllowedError',
      /covers arn:aws:iam::111122223333:role\/backstage\/\*, and this role is elsewhere: .*beside it: \{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role\/team\/r","Condition":\{"StringEquals":\{"iam:PassedToService":"pods\.eks\.amazonaws\.com"\},"ArnLike":\{"iam:AssociatedResourceARN":\["arn:aws:eks:eu-west-1:111122223333:cluster\/payments","arn:aws:eks:eu-west-1:111122223333:podidentityassociation\/payments\/\*"\]\}\}\}\.$/,
    ],
    [
      'a denied PassRole whose statement is there',
      answer(
        'AccessDeniedException',
        'User: u is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/backstage/r',
        403,
      ),
      'NotAllowedError',
      /\. If they have it, AWS finds its condition iam:AssociatedResourceARN not fulfilled: compare the cluster in it with payments in account 111122223333 and region eu-west-1\. Where they agree, docs\/upgrading\.md#the-rights-of-the-write-role has the way back\.$/,
    ],
    [
      'tags refused to a new association',
      answer(
        'AccessDeniedException',
        'User: u is not authorized to perform: eks:TagResource on resource: arn:aws:eks:eu-west-1:111122223333:podidentityassociation/payments/*',
        403,
      ),
      'NotAllowedError',
      /tagged it \(docs\/upgrading\.md\)\. Where AWS refuses the tags of something new although both agree, docs\/upgrading\.md#the-rights-of-the-write-role has the way back\.$/,
    ],
    [
      'tags refused to a new role',
      answer(
        'AccessDenied',
        'User: u is not authorized to perform: iam:TagRole on resource: arn:aws:iam::111122223333:role/backstage/r',
        403,
      ),
      'NotAllowedError',
      /Where AWS refuses the tags of something new although both agree, docs/,
    ],
    [
      'a change to a role elsewhere',
      answer(
        'AccessDenied',
        'User: u is not authorized to perform: iam:AttachRolePolicy on resource: arn:aws:iam::111122223333:role/team/r because no identity-based policy allows the iam:AttachRolePolicy action',
        403,
      ),
      'NotAllowedError',
      /covers only arn:aws:iam::111122223333:role\/backstage\/\*\. Do not widen it to arn:aws:iam::111122223333:role\/team\/r: the portal is not meant to do this to other roles\.$/,
    ],
    [
      'a denial by a service control policy',
      answer(
        'AccessDenied',
        'User: u is not authorized to perform: iam:CreateRole on resource: r with an explicit deny in a service control policy',
        403,
      ),
      'NotAllowedError',
      /A service control policy denies this to the portal's credentials/,
    ],
    [
      'something missing',
      answer('NoSuchEntityException', 'no role x', 404),
      'NotFoundError',
      /AWS answered NoSuchEntityException: no role x\./,
    ],
    [
      'a resource that already exists',
      answer('EntityAlreadyExistsException', 'exists', 409),
      'ConflictError',
      /exists/,
    ],
    [
      'a wrong value',
      answer('InvalidParameterException', 'Trust policy … invalid', 400),
      'InputError',
      /Correct the value/,
    ],
    [
      'throttling',
      answer('ThrottlingException', 'Rate exceeded', 429),
      'ServiceUnavailableError',
      /account 111122223333: try again in a minute, or lower eksPodIdentity\.pacing/,
    ],
    [
      'no connection',
      Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:9'), {
        code: 'ECONNREFUSED',
      }),
      'ServiceUnavailableError',
      /No answer: connect ECONNREFUSED 127\.0\.0\.1:9\. The portal cannot reach AWS in eu-west-1\. Nothing takes connections there/,
    ],
    [
      'the engine’s own credentials error',
      new AwsCredentialsError(
        'The portal has no AWS credentials for account 1. Add it.',
        {
          accountId: '1',
        },
      ),
      'ServiceUnavailableError',
      /^Could not create the role eks-x \(cluster payments\)\. The portal has no AWS credentials for account 1\. Add it\.$/,
    ],
    [
      'a quota',
      answer('LimitExceededException', 'too many roles', 409),
      'ConflictError',
      /A quota of account 111122223333 is used up/,
    ],
  ])('tells %s', (_, error, name, sentence) => {
    const result = toAwsBackstageError(error, context);
    expect(result.name).toBe(name);
    expect(result.message).toMatch(sentence);
  });

  it('leaves finished errors and aborts alone', () => {
    const abort = Object.assign(new Error('x'), { name: 'AbortError' });
    expect(toAwsBackstageError(abort, context)).toBe(abort);
    const finished = toAwsBackstageError(answer('NotFound', 'x', 404), context);
    expect(toAwsBackstageError(finished, context)).toBe(finished);
  });

  it('keeps the cause out of what is serialised', () => {
    const error = toAwsBackstageError(
      Object.assign(answer('AccessDenied', 'no', 403), {
        $response: { headers: { authorization: 'AWS4-HMAC secret' } },
      }),
      context,
    );
    expect((error as any).cause).toBeDefined();
    expect(JSON.stringify(serializeError(error))).not.toContain('AWS4-HMAC');
  });
});
