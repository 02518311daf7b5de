import { policyInWords } from './policyWords';

const ACCOUNT = '111122223333';

const textsOf = (...statements: object[]) =>
  policyInWords({ Version: '2012-10-17', Statement: statements }, ACCOUNT).map(
    ({ effect, text }) => (effect === 'deny' ? `NOT ${text}` : text),
  );

const allow = (Action: unknown, Resource: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

describe('what a policy says in words', () => {
  it.each<[string, object, string[]]>([
    [
      'of one bucket, as AWS documents it',
      allow(
        ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:DeleteObject'],
        ['arn:aws:s3:::acme-receipts', 'arn:aws:s3:::acme-receipts/*'],
      ),
      [
        'reads objects of acme-receipts',
        'writes objects to acme-receipts',
        'lists the objects of acme-receipts',
        'deletes objects of acme-receipts',
      ],
    ],
    [
      'AmazonS3ReadOnlyAccess',
      allow(
        [
          's3:Get*',
          's3:List*',
          's3:Describe*',
          's3-object-lambda:Get*',
          's3-object-lambda:List*',
        ],
        '*',
      ),
      [
        'reads everything in S3 (Get*, Describe*)',
        'lists everything in S3 (List*)',
        'reads everything in S3 Object Lambda (Get*)',
        'lists everything in S3 Object Lambda (List*)',
      ],
    ],
    ['AdministratorAccess', allow('*', '*'), ['does everything']],
    ['AmazonS3FullAccess', allow('s3:*', '*'), ['does everything in S3']],
    [
      'AmazonSQSReadOnlyAccess',
      allow(
        [
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ListDeadLetterSourceQueues',
          'sqs:ListQueues',
        ],
        '*',
      ),
      [
        'reads SQS (GetQueueAttributes, GetQueueUrl)',
        'lists SQS (ListDeadLetterSourceQueues, ListQueues)',
      ],
    ],
    [
      'a worker of a queue that decrypts',
      allow(
        ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
        'arn:aws:sqs:eu-west-1:111122223333:orders',
      ),
      ['receives messages of orders', 'deletes messages of orders'],
    ],
    [
      'a table and its indexes',
      allow(
        ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem'],
        [
          'arn:aws:dynamodb:eu-west-1:111122223333:table/orders',
          'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/*',
        ],
      ),
      [
        'reads items of orders and orders/index/*',
        'writes items to orders and orders/index/*',
      ],
    ],
    [
      'a secret, whose six letters are masked, and a key of another account',
      allow(
        ['secretsmanager:GetSecretValue', 'kms:Decrypt'],
        [
          'arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-??????',
          'arn:aws:kms:eu-west-1:999988887777:key/1234',
        ],
      ),
      ['reads the secret db', 'decrypts with 1234 of account 999988887777'],
    ],
    [
      'everything with a wildcard of words that the portal knows',
      allow('s3:GetObject', '*'),
      ['reads objects of every bucket'],
    ],
    [
      'a folder of a bucket, and all buckets of a name',
      allow('s3:GetObject', [
        'arn:aws:s3:::acme/in/*',
        'arn:aws:s3:::acme-logs-*',
      ]),
      ['reads objects of acme/in/* and acme-logs-*'],
    ],
    [
      'an action on what it can never be about',
      allow('s3:GetObject', 'arn:aws:s3:::acme'),
      [
        'reads objects of nothing: arn:aws:s3:::acme is no object, whose ARN has a slash',
      ],
    ],
    [
      'what begins with a word, on one thing and on all',
      allow(['s3:Delete*', 's3:*Object'], '*'),
      ['deletes everything in S3 (Delete*)', 'calls S3 (*Object)'],
    ],
    [
      'the same on one thing',
      allow('s3:Delete*', 'arn:aws:s3:::acme/*'),
      ['deletes in S3 (Delete*) on acme/*'],
    ],
    [
      'a key alone, for what needs a queue',
      allow('sqs:SendMessage', 'arn:aws:kms:eu-west-1:111122223333:key/1'),
      [
        'sends messages to nothing: arn:aws:kms:eu-west-1:111122223333:key/1 is no queue',
      ],
    ],
    [
      'names that nothing is known of, as written',
      allow(['rekognition:DetectFaces', 'ec2:CreateTags', 'x:*Object'], '*'),
      [
        'calls rekognition (DetectFaces)',
        'changes EC2 (CreateTags)',
        'calls x (*Object)',
      ],
    ],
    [
      'roles that it takes on',
      allow('sts:AssumeRole', [
        'arn:aws:iam::111122223333:role/backup',
        'arn:aws:iam::999988887777:role/team/backup',
      ]),
      ['takes on the role backup and team/backup of account 999988887777'],
    ],
    [
      'what is excepted',
      { Effect: 'Allow', NotAction: ['iam:*', 'sts:*'], Resource: '*' },
      ['does everything but iam:*, sts:*'],
    ],
    [
      'resources that are excepted',
      {
        Effect: 'Deny',
        Action: 's3:*',
        NotResource: ['arn:aws:s3:::mine', 'arn:aws:s3:::mine/*'],
      },
      [
        'NOT does s3:* on everything but arn:aws:s3:::mine, arn:aws:s3:::mine/*',
      ],
    ],
    [
      'a Deny',
      { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' },
      ['NOT deletes objects of every bucket'],
    ],
    [
      'names in another case, which IAM does not mind',
      allow('S3:getobject', 'arn:aws:s3:::acme/*'),
      ['reads objects of acme'],
    ],
    [
      'what IAM would not take, as it is',
      { Effect: 'Allow', Action: 's3:*' },
      ['{"Effect":"Allow","Action":"s3:*"}'],
    ],
  ])('%s', (_, statement, texts) => {
    expect(textsOf(statement)).toEqual(texts);
  });

  it.each<[string, object, string[]]>([
    [
      'a slash in a policy variable',
      allow(
        's3:ListBucket',
        'arn:aws:s3:::acme-${aws:PrincipalTag/kubernetes-namespace}',
      ),
      ['lists the objects of acme-${aws:PrincipalTag/kubernetes-namespace}'],
    ],
    [
      'a star after more than a verb',
      allow(['ec2:DescribeInstances*', 's3:GetBucket*'], '*'),
      ['reads EC2 (DescribeInstances*)', 'reads S3 (GetBucket*)'],
    ],
    [
      'everything, in any place of the list',
      allow(['s3:BypassGovernanceRetention', 's3:*'], '*'),
      ['does everything in S3'],
    ],
  ])('says no more and no less of %s', (_, statement, texts) => {
    expect(textsOf(statement)).toEqual(texts);
  });

  it('names every condition, and one of an unknown operator as written', () => {
    const [line] = policyInWords({
      Statement: allow('s3:GetObject', '*', {
        Condition: {
          StringEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] },
          Bool: { 'aws:SecureTransport': 'true' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': 'team' },
        },
      }),
    });
    expect(line.conditions).toEqual([
      'aws:SourceVpce is vpce-1 or vpce-2',
      'aws:SecureTransport is true',
      'aws:TagKeys ForAllValues:StringEquals team',
    ]);
  });

  it('reads one statement without a list, and refuses what is no policy', () => {
    expect(
      policyInWords({ Statement: allow('sns:Publish', '*') }),
    ).toMatchObject([{ text: 'publishes to every topic' }]);
    expect(() => policyInWords('no JSON')).toThrow(/not JSON/);
  });
});
