import { must } from '../shell';
import type { Expected } from './expected';

/** The AWS call that these scenarios concern. */
const PERMISSION: Pick<Expected, 'cause' | 'status' | 'permissions'> = {
  cause: 'permissions.buckets',
  status: 'broken',
  permissions: [{ name: 'buckets', command: ['s3api', 'list-buckets'] }],
};

/** Of what the role may do. */
export const OF_PERMISSIONS: Record<string, Expected> = {
  'permission-missing': {
    ...PERMISSION,
    says: /was denied: no identity policy allows it/,
  },
  'permission-denied': {
    ...PERMISSION,
    says: /the statement "NoBuckets" of the policy no-buckets denies/,
    repair: async ({ shell }) => {
      await must(
        shell,
        'aws iam delete-role-policy --region eu-west-1 --role-name payments-ledger --policy-name no-buckets',
      );
      return 'the owner of the role took the statement away that is named';
    },
    why: 'A Deny is a decision of the owner of the role.',
  },
  'permission-outside-the-boundary': {
    ...PERMISSION,
    says: /no permissions boundary allows it\. .* is payments-ledger-boundary/,
    repair: async ({ shell }) => {
      await must(
        shell,
        'aws iam delete-role-permissions-boundary --region eu-west-1 --role-name payments-ledger',
      );
      return 'the owner of the boundary took it away';
    },
    why: 'A boundary is there so that the owner of the role cannot pass it.',
  },
  'permission-denied-by-organization': {
    ...PERMISSION,
    says: /explicit deny in the service control policy/,
    repair: async ({ world }) => {
      world.sandbox.aws.iam.setServiceControlPolicies({ documents: [] });
      return 'the owners of the organization took the policy away';
    },
    why: 'Only the owners of the organization change its policies.',
  },
  'permission-outside-the-session-policy': {
    ...PERMISSION,
    says: /no session policy allows it/,
    repair: async ({ world, ref }) => {
      const { eks } = world.sandbox.aws;
      const { associationId } = eks
        .associations(ref.cluster)
        .find(one => one.serviceAccount === ref.serviceAccount)!;
      eks.updateAssociation(ref.cluster, associationId, { policy: undefined });
      return 'the owner of the association took the session policy away';
    },
    why: 'What the session may do beside, the owner of the association knows; it is printed where to change it.',
  },
  'policy-attached-a-moment-ago': {
    ...PERMISSION,
    says: /it is new, and AWS needs some seconds to spread it/,
    fresh: true,
    rate: 1,
    repair: 'wait',
    why: 'Waiting is the fix.',
  },
};
