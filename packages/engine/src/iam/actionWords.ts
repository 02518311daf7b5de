/** What an action is about. */
export interface Noun {
  of: string;
  /** All of them: what a `*` means for it. */
  all: string;
  /** In its ARN. */
  service: string;
}

interface Words {
  verb: string;
  noun: Noun;
}

/** Verb, what it is about, and how all of that is called; the service and names that IAM knows, in lower case. */
type Row = [actions: string, verb: string, of: string, all?: string];

const ALL_NAMES = 'of every name';

/** Actions that a word of every day says better than their names. */
const KNOWN: Row[] = [
  [
    's3:getobject s3:getobjectversion',
    'reads objects of',
    'object',
    'every bucket',
  ],
  [
    's3:putobject s3:abortmultipartupload',
    'writes objects to',
    'object',
    'every bucket',
  ],
  [
    's3:deleteobject s3:deleteobjectversion',
    'deletes objects of',
    'object',
    'every bucket',
  ],
  ['s3:listbucket s3:listbucketversions', 'lists the objects of', 'bucket'],
  ['s3:listallmybuckets', 'lists the names of', 'account', 'all buckets'],
  ['sqs:receivemessage', 'receives messages of', 'queue'],
  ['sqs:sendmessage', 'sends messages to', 'queue'],
  ['sqs:deletemessage', 'deletes messages of', 'queue'],
  ['sns:publish', 'publishes to', 'topic'],
  [
    'dynamodb:getitem dynamodb:batchgetitem dynamodb:query dynamodb:scan',
    'reads items of',
    'table',
  ],
  [
    'dynamodb:putitem dynamodb:updateitem dynamodb:batchwriteitem',
    'writes items to',
    'table',
  ],
  ['dynamodb:deleteitem', 'deletes items of', 'table'],
  ['kms:decrypt', 'decrypts with', 'key'],
  ['kms:encrypt kms:generatedatakey', 'encrypts with', 'key'],
  ['secretsmanager:getsecretvalue', 'reads the secret', 'secret', ALL_NAMES],
  [
    'ssm:getparameter ssm:getparameters ssm:getparametersbypath',
    'reads the parameter',
    'parameter',
    ALL_NAMES,
  ],
  ['kinesis:getrecords kinesis:getsharditerator', 'reads records of', 'stream'],
  ['kinesis:putrecord kinesis:putrecords', 'writes records to', 'stream'],
  ['logs:putlogevents logs:createlogstream', 'writes logs to', 'log group'],
  ['lambda:invokefunction', 'runs the function', 'function', ALL_NAMES],
  ['events:putevents', 'sends events to', 'event bus'],
  ['sts:assumerole', 'takes on the role', 'role', ALL_NAMES],
  ['iam:passrole', 'hands to services the role', 'role', ALL_NAMES],
];

/** Of what STS hands out credentials is a thing of IAM. */
const serviceOf = (action: string) => {
  const [service] = action.split(':');
  return service === 'sts' ? 'iam' : service;
};

const WORDS = new Map<string, Words>(
  KNOWN.flatMap(([actions, verb, of, all = `every ${of}`]) =>
    actions
      .split(' ')
      .map((action): [string, Words] => [
        action,
        { verb, noun: { of, all, service: serviceOf(action) } },
      ]),
  ),
);

/** The words for an action, which is written in any case; undefined where it has none, or stands for several. */
export const nounOf = (action: string): Words | undefined =>
  WORDS.get(action.toLocaleLowerCase('en-US'));

/** As AWS writes its access levels, by what the names of actions begin with. */
const VERBS: [RegExp, string][] = [
  [
    /^(get|batchget|describe|head|query|scan|select|search|lookup|view|read)/i,
    'reads',
  ],
  [/^list/i, 'lists'],
  [/^(delete|batchdelete|remove|purge|terminate|deregister)/i, 'deletes in'],
  [
    /^(put|create|update|write|batchwrite|set|add|modify|tag|untag|attach|detach|associate|enable|disable|register|start|stop|run|send|upload|import|restore|copy)/i,
    'changes',
  ],
];

/** `reads`, `lists`, `deletes in`, `changes`, or `calls` where the name does not tell. */
export function verbOf(action: string): string {
  const name = action.slice(action.indexOf(':') + 1);
  return VERBS.find(([beginning]) => beginning.test(name))?.[1] ?? 'calls';
}

const SERVICES: Record<string, string> = {
  s3: 'S3',
  's3-object-lambda': 'S3 Object Lambda',
  sqs: 'SQS',
  sns: 'SNS',
  dynamodb: 'DynamoDB',
  kms: 'KMS',
  secretsmanager: 'Secrets Manager',
  ssm: 'Systems Manager',
  sts: 'STS',
  iam: 'IAM',
  logs: 'CloudWatch Logs',
  cloudwatch: 'CloudWatch',
  events: 'EventBridge',
  lambda: 'Lambda',
  kinesis: 'Kinesis',
  firehose: 'Firehose',
  ec2: 'EC2',
  ecr: 'ECR',
  eks: 'EKS',
  rds: 'RDS',
  'rds-db': 'RDS databases',
  athena: 'Athena',
  glue: 'Glue',
  ses: 'SES',
  states: 'Step Functions',
  route53: 'Route 53',
  bedrock: 'Bedrock',
  autoscaling: 'Auto Scaling',
  elasticloadbalancing: 'Elastic Load Balancing',
  xray: 'X-Ray',
  es: 'OpenSearch',
};

/** What people call a service; one without another name here as written. */
export const serviceName = (prefix: string): string =>
  SERVICES[prefix.toLocaleLowerCase('en-US')] ?? prefix;
