import {
  AwsError,
  jsonAuthenticationError,
  queryAuthenticationError,
} from '../errors';
import { RefusalStyle, guard } from '../guard';
import { queryParameters } from '../iam/service';
import { PolicyDocument } from '../policy/document';
import {
  awsJsonErrorReply,
  awsJsonReply,
  jsonBody,
  targetOperation,
} from '../protocol/awsJson';
import { epochSeconds } from '../protocol/json';
import { queryErrorReply, queryReply } from '../protocol/query';
import { AwsCall, AwsService } from '../service';
import { NamedResourceRecord } from '../state/types';
import { World } from '../state/world';

/**
 * The one read operation of DynamoDB, SQS, SNS and KMS that a permission check asks for; everything else of these services
 * is unknown here.
 */

type Service = NamedResourceRecord['service'];

const ownerOnly = (accountId: string): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:root` },
    Action: '*',
    Resource: '*',
  },
});

const JSON_400: RefusalStyle = {
  code: 'AccessDeniedException',
  statusCode: 400,
};

/** Authorises on the thing's ARN and hands it out if it is there. */
function need(
  world: World,
  call: AwsCall,
  service: Service,
  arn: string,
  action: string,
  style: RefusalStyle,
): NamedResourceRecord | undefined {
  const accountId = arn.split(':')[4];
  guard(
    world,
    call,
    {
      action,
      resource: arn,
      resourcePolicy: { document: ownerOnly(accountId), accountId },
    },
    style,
  );
  return world.state.accounts
    .get(accountId)
    ?.resources.find(
      resource => resource.service === service && resource.arn === arn,
    );
}

function jsonService(options: {
  name: Service;
  prefix: string;
  operation: string;
  version: '1.0' | '1.1';
  answer(call: AwsCall, body: Record<string, unknown>): unknown;
  queryErrors?: Record<string, string>;
}): AwsService {
  const { version } = options;
  return {
    name: options.name,
    route(request) {
      const operation = targetOperation(request, options.prefix);
      return operation === options.operation ? { operation } : undefined;
    },
    unknownOperation: () =>
      new AwsError('UnknownOperationException', 'Unknown operation', 400),
    async handle(call) {
      const answer = options.answer(call, jsonBody(call.request));
      return awsJsonReply(answer, call.requestId, version);
    },
    authenticationError: problem => jsonAuthenticationError(problem, 400),
    renderError(error, requestId) {
      const reply = awsJsonErrorReply(error, requestId, version);
      const code = options.queryErrors?.[error.code];
      if (code) {
        reply.headers['x-amzn-query-error'] = `${code};Sender`;
      }
      return reply;
    },
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** Amazon DynamoDB: DescribeTable. */
export function dynamodbService(world: World): AwsService {
  return jsonService({
    name: 'dynamodb',
    prefix: 'DynamoDB_20120810',
    operation: 'DescribeTable',
    version: '1.0',
    answer(call, body) {
      const given = text(body.TableName);
      const arn = given.startsWith('arn:')
        ? given
        : `arn:aws:dynamodb:${call.region}:${call.caller.accountId}:table/${given}`;
      const action = 'dynamodb:DescribeTable';
      const table = need(world, call, 'dynamodb', arn, action, JSON_400);
      if (!table) {
        throw new AwsError(
          'ResourceNotFoundException',
          `Requested resource not found: Table: ${given} not found`,
        );
      }
      return {
        Table: {
          TableName: table.name,
          TableArn: table.arn,
          TableStatus: 'ACTIVE',
          CreationDateTime: epochSeconds(table.createdAt),
          ItemCount: 0,
          TableSizeBytes: 0,
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        },
      };
    },
  });
}

/** Amazon SQS: GetQueueUrl. */
export function sqsService(world: World): AwsService {
  return jsonService({
    name: 'sqs',
    prefix: 'AmazonSQS',
    operation: 'GetQueueUrl',
    version: '1.0',
    queryErrors: {
      AccessDeniedException: 'AccessDenied',
      'com.amazonaws.sqs#QueueDoesNotExist':
        'AWS.SimpleQueueService.NonExistentQueue',
    },
    answer(call, body) {
      const name = text(body.QueueName);
      const owner = text(body.QueueOwnerAWSAccountId) || call.caller.accountId;
      const arn = `arn:aws:sqs:${call.region}:${owner}:${name}`;
      // SQS writes its actions in lower case; they match in any case.
      const action = 'sqs:getqueueurl';
      const style = { ...JSON_400, statusCode: 403 };
      if (!need(world, call, 'sqs', arn, action, style)) {
        throw new AwsError(
          'com.amazonaws.sqs#QueueDoesNotExist',
          'The specified queue does not exist.',
        );
      }
      return {
        QueueUrl: `https://sqs.${call.region}.amazonaws.com/${owner}/${name}`,
      };
    },
  });
}

/** AWS KMS: DescribeKey. */
export function kmsService(world: World): AwsService {
  return jsonService({
    name: 'kms',
    prefix: 'TrentService',
    operation: 'DescribeKey',
    version: '1.1',
    answer(call, body) {
      const given = text(body.KeyId);
      const arn = given.startsWith('arn:')
        ? given
        : `arn:aws:kms:${call.region}:${call.caller.accountId}:key/${given}`;
      const key = need(world, call, 'kms', arn, 'kms:DescribeKey', JSON_400);
      if (!key) {
        throw new AwsError('NotFoundException', `Key '${arn}' does not exist`);
      }
      return {
        KeyMetadata: {
          AWSAccountId: arn.split(':')[4],
          KeyId: key.name,
          Arn: key.arn,
          CreationDate: epochSeconds(key.createdAt),
          Enabled: true,
          Description: '',
          KeyUsage: 'ENCRYPT_DECRYPT',
          KeyState: 'Enabled',
          Origin: 'AWS_KMS',
          KeyManager: 'CUSTOMER',
          KeySpec: 'SYMMETRIC_DEFAULT',
          EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
          MultiRegion: false,
        },
      };
    },
  });
}

const SNS_NAMESPACE = 'http://sns.amazonaws.com/doc/2010-03-31/';

/** Amazon SNS: GetTopicAttributes. */
export function snsService(world: World): AwsService {
  return {
    name: 'sns',
    route(request) {
      const { Action } = queryParameters(request);
      return Action === 'GetTopicAttributes'
        ? { operation: Action }
        : undefined;
    },
    unknownOperation: request =>
      new AwsError(
        'InvalidAction',
        `The action ${
          queryParameters(request).Action ?? ''
        } is not valid for this web service.`,
      ),
    async handle(call) {
      const arn = queryParameters(call.request).TopicArn ?? '';
      if (!/^arn:aws[\w-]*:sns:[\w-]+:\d{12}:.+$/.test(arn)) {
        throw new AwsError('InvalidParameter', 'Invalid parameter: TopicArn');
      }
      const topic = need(world, call, 'sns', arn, 'SNS:GetTopicAttributes', {
        code: 'AuthorizationError',
        statusCode: 403,
      });
      if (!topic) {
        throw new AwsError('NotFound', 'Topic does not exist', 404);
      }
      const attributes = {
        TopicArn: topic.arn,
        Owner: arn.split(':')[4],
        DisplayName: '',
        SubscriptionsConfirmed: '0',
        SubscriptionsPending: '0',
        SubscriptionsDeleted: '0',
      };
      return queryReply({
        namespace: SNS_NAMESPACE,
        operation: 'GetTopicAttributes',
        requestId: call.requestId,
        result: {
          Attributes: {
            entry: Object.entries(attributes).map(([key, value]) => ({
              key,
              value,
            })),
          },
        },
      });
    },
    authenticationError: queryAuthenticationError,
    renderError: (error, requestId) =>
      queryErrorReply(error, SNS_NAMESPACE, requestId),
  };
}
