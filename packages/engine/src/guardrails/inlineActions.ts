import type { ClusterConfig } from '../clusters/types';
import { matchesPattern, patternsMeet } from './patterns';

/**
 * What an inline policy may allow, by service: the data of those that the proposed boundary has, and of a few that open
 * nothing. `*` stands for any text. Whatever AWS adds to a service is not allowed until it stands here, so a pattern is
 * there only where its whole family, with what may join it, works with data. docs/configuration.md has the same table.
 */
export const INLINE_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  cloudwatch: [
    'GetMetricData',
    'GetMetricStatistics',
    'ListMetrics',
    'PutMetricData',
  ],
  dynamodb: [
    '*Item',
    'DescribeStream',
    'DescribeTable',
    'DescribeTimeToLive',
    'GetRecords',
    'GetShardIterator',
    'ListStreams',
    'ListTables',
    'PartiQLDelete',
    'PartiQLInsert',
    'PartiQLSelect',
    'PartiQLUpdate',
    'Query',
    'Scan',
  ],
  ecr: [
    'BatchCheckLayerAvailability',
    'BatchGetImage',
    'DescribeImages',
    'DescribeRepositories',
    'GetAuthorizationToken',
    'GetDownloadUrlForLayer',
    'GetLifecyclePolicy',
    'ListImages',
    'PutLifecyclePolicy',
  ],
  kms: [
    'Decrypt',
    'DescribeKey',
    'Encrypt',
    'GenerateDataKey*',
    'GenerateMac',
    'GenerateRandom',
    'GetPublicKey',
    'ReEncrypt*',
    'Sign',
    'Verify',
    'VerifyMac',
  ],
  lambda: ['InvokeFunction'],
  logs: [
    'CreateLogGroup',
    'CreateLogStream',
    'DescribeLogGroups',
    'DescribeLogStreams',
    'FilterLogEvents',
    'GetLogEvents',
    'GetQueryResults',
    'PutLogEvents',
    'PutRetentionPolicy',
    'StartQuery',
    'StopQuery',
  ],
  polly: ['*'],
  s3: [
    'AbortMultipartUpload',
    'DeleteObject*',
    'GetBucketLocation',
    'GetBucketVersioning',
    'GetObject*',
    'ListAllMyBuckets',
    'ListBucket*',
    'ListMultipartUploadParts',
    'PutObject',
    'PutObjectTagging',
    'RestoreObject',
  ],
  secretsmanager: ['DescribeSecret', 'GetSecretValue'],
  sns: [
    'GetTopicAttributes',
    'ListSubscriptionsByTopic',
    'ListTopics',
    'Publish',
  ],
  sqs: [
    'ChangeMessageVisibility*',
    'DeleteMessage*',
    'GetQueueAttributes',
    'GetQueueUrl',
    'ListQueues',
    'ReceiveMessage',
    'SendMessage*',
  ],
  ssm: [
    'DescribeParameters',
    'GetParameter',
    'GetParameterHistory',
    'GetParameters',
    'GetParametersByPath',
  ],
};

/** Secrets of every team: a statement that reads them has to name whose. By action, what its ARNs name behind the account. */
const NAMED: readonly (readonly [action: string, kind: string])[] = [
  ['secretsmanager:GetSecretValue', 'secret:'],
  ['ssm:GetParameter*', 'parameter/'],
];

/** Every text that a pattern of IAM matches is matched by the listed one: each `*` and `?` of it falls on a `*` there. */
const within = (action: string, listed: string) =>
  matchesPattern(listed.toLowerCase(), action.toLowerCase());

/** Session tags that name one workload, and others that EKS sets as well: no request has a say in either. */
const OWN_NAME =
  /\$\{aws:PrincipalTag\/kubernetes-(namespace|service-account)\}/g;
const SET_BY_EKS =
  /\$\{aws:PrincipalTag\/(kubernetes-pod-(name|uid)|eks-cluster-(name|arn))\}/g;

const filledIn = (resource: unknown) =>
  String(resource).replace(OWN_NAME, 'name').replace(SET_BY_EKS, '*');

/** Any other variable holds what a request says of itself, such as its user agent, or has a default value. */
const hasOtherVariable = (resource: unknown) =>
  filledIn(resource).includes('$');

function isNamed(resource: unknown, kind: string): boolean {
  if (hasOtherVariable(resource)) return false;
  const filled = filledIn(resource);
  const named = filled.split(':').slice(5).join(':');
  const name = named.slice(kind.length);
  return named.startsWith(kind) && name !== '' && !/^[*?]/.test(name);
}

const EXTENDED = 'guardrails.inlineActions.add extends the list';

function unlisted(action: string, service: string, listed: string[]): string {
  if (listed.length === 0) {
    return `"${action}" is not on the list of what an inline policy may allow, which has nothing of ${service}; ${EXTENDED}`;
  }
  const meant = listed.filter(one => patternsMeet(one, action));
  return /[*?]/.test(action)
    ? `"${action}" also covers more than the list of what an inline policy may allow: name what the workload needs of ${(meant.length
        ? meant
        : listed
      ).join(', ')}; ${EXTENDED}`
    : `"${action}" is not on the list of what an inline policy may allow: of ${service} that is ${listed.join(
        ', ',
      )}; ${EXTENDED}`;
}

/**
 * Why an action is not on the list of what an inline policy may allow; undefined when it is. A wildcard is on the list
 * only within a listed one: what it covers today is not all that AWS will ever name so.
 *
 * @param resources - of the statement
 */
export function judgeListed(
  action: string,
  resources: readonly unknown[],
  { guardrails }: Pick<ClusterConfig, 'guardrails'>,
): string | undefined {
  if (guardrails.inlineActions.add.some(one => within(action, one))) {
    return undefined;
  }
  const [service] = action.toLowerCase().split(':');
  const names = Object.hasOwn(INLINE_ACTIONS, service)
    ? INLINE_ACTIONS[service]
    : [];
  const listed = names.map(name => `${service}:${name}`);
  if (!listed.some(one => within(action, one))) {
    return unlisted(action, service, listed);
  }
  const named = NAMED.find(([pattern]) => within(action, pattern));
  const outside =
    named && resources.find(resource => !isNamed(resource, named[1]));
  if (outside === undefined) return undefined;
  return hasOtherVariable(outside)
    ? `"${action}" on ${JSON.stringify(
        outside,
      )} has a policy variable that a pod may fill in: of variables take those of session tags that EKS sets, such as \${aws:PrincipalTag/kubernetes-namespace}; ${EXTENDED}`
    : `"${action}" on ${JSON.stringify(
        outside,
      )} reads the secrets of every team: name those of the workload, such as "…:${
        named![1]
      }payments/*"; ${EXTENDED}`;
}
