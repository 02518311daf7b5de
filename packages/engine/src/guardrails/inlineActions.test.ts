import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { boundaryPolicy } from '../aws/workloadBoundary';
import { contextWith } from './__testUtils__/context';
import { INLINE_ACTIONS, judgeListed } from './inlineActions';

const judge = (
  action: string,
  resources: string[] = ['*'],
  add: string[] = [],
) =>
  judgeListed(
    action,
    resources,
    contextWith({ guardrails: { inlineActions: { add } } }).cluster,
  );

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret';
const PARAMETER = 'arn:aws:ssm:eu-west-1:111122223333:parameter';

describe('judgeListed', () => {
  it.each([
    // What an earlier list refused wrongly
    'logs:PutRetentionPolicy',
    'ecr:PutLifecyclePolicy',
    'dynamodb:*Item',
    'polly:*',
    'polly:SynthesizeSpeech',
    'DynamoDB:batchGETitem',
    'dynamodb:?etItem',
    's3:GetObject*',
    's3:GetObject**',
    's3:GetObjectV?rsion',
    'sqs:SendMessage*',
    'lambda:InvokeFunction',
  ])('takes %s', action => {
    expect(judge(action)).toBeUndefined();
  });

  const { Statement } = boundaryPolicy({
    partition: 'aws',
    accountId: '111122223333',
    rolePath: '/backstage/',
  });
  const ofBoundary = [Statement[0].Action].flat() as string[];

  it.each(ofBoundary)('takes %s, which the proposed boundary has', action => {
    const own = action.startsWith('ssm:')
      ? `${PARAMETER}/payments/*`
      : `${SECRET}:payments/*`;
    expect(judge(action, [own])).toBeUndefined();
  });

  it.each([
    // The identity of another role without iam:PassRole
    'ec2:AssociateIamInstanceProfile',
    'eks:UpdateClusterConfig',
    'eks:CreateNodegroup',
    'eks:DeleteCluster',
    'batch:SubmitJob',
    'emr-containers:StartJobRun',
    'elasticbeanstalk:*',
    'elasticbeanstalk:UpdateEnvironment',
    'ec2:CreateLaunchTemplateVersion',
    'codecommit:GitPush',
    'apprunner:StartDeployment',
    'amplify:StartDeployment',
    'codedeploy:CreateDeployment',
    'ecr:PutImage',
    's3:GetDataAccess',
    // Handing out
    'lakeformation:GrantPermissions',
    'ec2:ModifySnapshotAttribute',
    'rds:ModifyDBSnapshotAttribute',
    'rds:ModifyDBClusterSnapshotAttribute',
    'sns:Subscribe',
    'kms:PutKeyPolicy',
    'kms:CreateGrant',
    's3:PutBucketPolicy',
    's3:PutObjectAcl',
    'sqs:AddPermission',
    'sqs:SetQueueAttributes',
    'secretsmanager:PutResourcePolicy',
    'dynamodb:PutResourcePolicy',
    'lambda:AddPermission',
    'ecr:SetRepositoryPolicy',
    'events:PutPermission',
    // Wildcards that cover more than a listed one
    's3:*',
    's3:Get*',
    's3:G*Object*',
    's3:GetObjec?',
    's3:PutObject*',
    'kms:*',
    'sqs:*Message*',
    'dynamodb:*Ite?',
    'ssm:GetParameter*',
    'S3:PUTBUCKETPOLICY',
    'iam:Get*',
    'constructor:x',
  ])('refuses %s', action => {
    expect(
      judge(action, [`${SECRET}:payments/*`, `${PARAMETER}/payments/*`]),
    ).toMatch(/guardrails\.inlineActions\.add extends the list$/);
  });

  it.each<[string, string[], boolean]>([
    ['secretsmanager:GetSecretValue', ['*'], false],
    ['secretsmanager:GetSecretValue', [`${SECRET}:*`], false],
    ['secretsmanager:GetSecretValue', [`${SECRET}:?*`], false],
    ['secretsmanager:GetSecretValue', [`${SECRET}:payments/*`], true],
    [
      'secretsmanager:GetSecretValue',
      [`${SECRET}:payments/*`, `${SECRET}:*`],
      false,
    ],
    [
      'secretsmanager:GetSecretValue',
      [`${SECRET}:\${aws:PrincipalTag/kubernetes-namespace}/*`],
      true,
    ],
    [
      'ssm:GetParameter',
      [`${PARAMETER}/\${aws:PrincipalTag/kubernetes-service-account}`],
      true,
    ],
    ...[
      'team-${aws:PrincipalTag/kubernetes-namespace}/*',
      'team/${aws:PrincipalTag/eks-cluster-name}/${aws:PrincipalTag/kubernetes-pod-name}',
    ].map((name): [string, string[], boolean] => [
      'secretsmanager:GetSecretValue',
      [`${SECRET}:${name}`],
      true,
    ]),
    // What the pod says of itself, or what another may have
    ...[
      '${aws:UserAgent}',
      '${aws:userid}',
      '${AWS:useragent}*',
      '${aws:Referer}/*',
      '${secretsmanager:SecretId}',
      "${aws:UserAgent, '*'}",
      "${aws:PrincipalTag/kubernetes-namespace, '*'}",
      '${aws:PrincipalTag/kubernetes-namespace }*',
      '${aws:PrincipalTag/kubernetes-namespace-x}',
      '${aws:PrincipalTag/eks-cluster-name}/*',
      '${aws:PrincipalTag/kubernetes-pod-name}',
      '${aws:PrincipalTag/team}/*',
      '${*}',
      '${?}x',
      '${}*',
      'team-${aws:UserAgent}',
      'team-${aws:PrincipalTag/team}',
      "team-${aws:Referer, 'x'}/*",
      'team-${aws:UserAgent',
      '${aws:PrincipalTag/kubernetes-namespace}${aws:UserAgent}',
    ].flatMap((name): [string, string[], boolean][] => [
      ['secretsmanager:GetSecretValue', [`${SECRET}:${name}`], false],
      ['ssm:GetParametersByPath', [`${PARAMETER}/${name}`], false],
    ]),
    [
      'secretsmanager:GetSecretValue',
      ['arn:aws:secretsmanager:${aws:UserAgent}:*:secret:payments/*'],
      false,
    ],
    ['secretsmanager:GetSecretValue', ['arn:aws:*:*:*:sec*'], false],
    ['secretsmanager:DescribeSecret', ['*'], true],
    ['ssm:GetParameter', ['*'], false],
    ['ssm:GetParametersByPath', [`${PARAMETER}/*`], false],
    ['ssm:GetParametersByPath', [`${PARAMETER}/payments`], true],
    ['SSM:getparameter', [`${PARAMETER}*`], false],
    ['ssm:DescribeParameters', ['*'], true],
  ])('reads secrets of one name: %s on %j: %s', (action, resources, taken) => {
    const refusal = judge(action, resources);
    expect(refusal === undefined).toBe(taken);
    const isFilled = /UserAgent|Referer|SecretId|userid/i.test(`${resources}`);
    expect(refusal ?? 'reads the secrets of every team').toMatch(
      isFilled
        ? /has a policy variable that a pod may fill in/
        : /reads the secrets of every team|has a policy variable/,
    );
  });

  it('says what could be named instead', () => {
    expect(judge('sqs:*Message')).toBe(
      '"sqs:*Message" also covers more than the list of what an inline policy may allow: name what the workload needs of sqs:ChangeMessageVisibility*, sqs:DeleteMessage*, sqs:ReceiveMessage, sqs:SendMessage*; guardrails.inlineActions.add extends the list',
    );
    expect(judge('lambda:InvokeAsync')).toBe(
      '"lambda:InvokeAsync" is not on the list of what an inline policy may allow: of lambda that is lambda:InvokeFunction; guardrails.inlineActions.add extends the list',
    );
    expect(judge('batch:SubmitJob')).toBe(
      '"batch:SubmitJob" is not on the list of what an inline policy may allow, which has nothing of batch; guardrails.inlineActions.add extends the list',
    );
  });

  it('takes what app-config adds, and no more', () => {
    const add = ['batch:SubmitJob', 'kinesis:Get*', 'ssm:GetParameter'];
    expect(judge('batch:submitjob', ['*'], add)).toBeUndefined();
    expect(judge('kinesis:GetRecords', ['*'], add)).toBeUndefined();
    expect(judge('kinesis:Get*', ['*'], add)).toBeUndefined();
    expect(judge('ssm:GetParameter', ['*'], add)).toBeUndefined();
    expect(judge('kinesis:*', ['*'], add)).toMatch(/nothing of kinesis/);
    expect(judge('batch:*', ['*'], add)).toMatch(/nothing of batch/);
    expect(judge('ssm:GetParameters', ['*'], add)).toMatch(/every team/);
  });

  it('is what docs/configuration.md says', () => {
    const page = readFileSync(
      resolve(__dirname, '../../../../docs/configuration.md'),
      'utf8',
    );
    const rows = [
      ...page.matchAll(
        /^\| `([a-z0-9-]+)` +\| ((?:`[A-Za-z*0-9]+`(?:, )?)+) +\|$/gm,
      ),
    ].map(([, service, names]) => [
      service,
      names.split(', ').map(name => name.replaceAll('`', '')),
    ]);
    expect(Object.fromEntries(rows)).toEqual(INLINE_ACTIONS);
  });
});
