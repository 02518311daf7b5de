import {
  useOfIdentitySchema,
  type UseOfIdentity,
  type UseSummary,
} from 'backstage-plugin-eks-pod-identity-common';
import { minutesAgo } from './reports';

/** An application that works, but is not allowed to read one table. */
export const inUse: UseOfIdentity = useOfIdentitySchema.parse({
  state: 'read',
  readFrom: minutesAgo(7 * 24 * 60),
  readUntil: minutesAgo(1),
  lastUsedAt: minutesAgo(4),
  refreshing: false,
  pods: [
    {
      uid: '9d7c1f0e-6a4c-4a0e-9a57-1df5a8f0c9b1',
      name: 'payments-api-7d9f8b6c5-x2x4z',
      firstAt: minutesAgo(3_000),
      lastAt: minutesAgo(42),
      sessions: 9,
    },
  ],
  uses: [
    {
      service: 's3',
      operations: ['ListBuckets'],
      sdk: 'boto3',
      version: '1.35.10',
      source: 'pod-identity',
      count: 31,
      lastAt: minutesAgo(4),
    },
    {
      service: 'sts',
      operations: ['GetCallerIdentity'],
      sdk: 'boto3',
      version: '1.35.10',
      source: 'pod-identity',
      count: 9,
      lastAt: minutesAgo(42),
    },
  ],
  denied: [
    {
      service: 'dynamodb',
      operation: 'DescribeTable',
      code: 'AccessDeniedException',
      message:
        'User: arn:aws:sts::111122223333:assumed-role/payments-api/eks-payments-p-payments-a-0b0b1d3c is not authorized to perform: dynamodb:DescribeTable on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/refunds',
      count: 12,
      lastAt: minutesAgo(9),
    },
  ],
  others: [
    {
      kind: 'irsa',
      name: 'system:serviceaccount:payments:api',
      own: true,
      sdk: 'Go v2',
      version: '1.32.0',
      count: 3,
      firstAt: minutesAgo(600),
      lastAt: minutesAgo(300),
    },
    {
      kind: 'pod-identity',
      count: 2,
      firstAt: minutesAgo(600),
      lastAt: minutesAgo(500),
    },
  ],
  staticKeys: [],
  nodes: [],
  cut: [],
});

/** The same in the line of a card. */
export const inUseSummary: UseSummary = {
  state: 'read',
  pod: { name: 'payments-api-7d9f8b6c5-x2x4z', at: minutesAgo(42) },
  sdk: 'boto3',
  version: '1.35.10',
  services: ['s3', 'sts'],
  lastUsedAt: minutesAgo(4),
  deniedAt: minutesAgo(9),
  irsaAt: minutesAgo(300),
};
