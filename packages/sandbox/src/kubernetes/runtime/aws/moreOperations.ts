import { required } from './arguments';
import { render } from './output';
import { Operation, ServiceContext } from './sdk';
import { send } from './signedRequest';

const DYNAMODB = { json: '1.0', target: 'DynamoDB_20120810' } as const;
const SQS = { json: '1.0', target: 'AmazonSQS' } as const;
const KMS = { json: '1.1', target: 'TrentService' } as const;

/** Seconds since the epoch, as JSON protocols write times, the way the CLI prints them. */
const withTimes = (value: Record<string, any>): Record<string, any> =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (/Date(Time)?$/.test(key) && typeof item === 'number') {
        const iso = new Date(item * 1000).toISOString();
        return [key, iso.replace(/\.\d+Z$/, '+00:00')];
      }
      const nested =
        item !== null && typeof item === 'object' && !Array.isArray(item);
      return [key, nested ? withTimes(item) : item];
    }),
  );

const print = ({ args }: ServiceContext, answer: Record<string, any>) =>
  render(withTimes(answer), args.options);

/** Read operations of other services that a permission check may ask for. */
export const MORE_OPERATIONS: Record<string, Operation> = {
  async 'dynamodb describe-table'(context) {
    const answer = await send(
      context,
      {
        service: 'dynamodb',
        operation: 'DescribeTable',
        protocol: DYNAMODB,
      },
      { TableName: required(context.args, 'table-name') },
    );
    return print(context, answer);
  },
  async 'sqs get-queue-url'(context) {
    const owner = context.args.options['queue-owner-aws-account-id'];
    const answer = await send(
      context,
      { service: 'sqs', operation: 'GetQueueUrl', protocol: SQS },
      {
        QueueName: required(context.args, 'queue-name'),
        ...(owner && { QueueOwnerAWSAccountId: owner }),
      },
    );
    return print(context, answer);
  },
  async 'sns get-topic-attributes'(context) {
    const answer = await send(
      context,
      {
        service: 'sns',
        operation: 'GetTopicAttributes',
        protocol: { query: '2010-03-31' },
      },
      { TopicArn: required(context.args, 'topic-arn') },
    );
    const entries: { key: string; value: string }[] = [
      answer?.Attributes?.entry ?? [],
    ].flat();
    return print(context, {
      Attributes: Object.fromEntries(
        entries.map(({ key, value }) => [key, value]),
      ),
    });
  },
  async 'kms describe-key'(context) {
    const answer = await send(
      context,
      { service: 'kms', operation: 'DescribeKey', protocol: KMS },
      { KeyId: required(context.args, 'key-id') },
    );
    return print(context, answer);
  },
};
