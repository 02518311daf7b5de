import { document } from '../aws/policy/document';
import { breaking, Scenario } from './scenario';
import type { Stage } from './stage';

const READ = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess';

const allowed = (stage: Stage) =>
  stage.aws.iam.updateRole(stage.role().arn, { attached: [READ] });

const denies = document({
  Sid: 'NoBuckets',
  Effect: 'Deny',
  Action: 's3:*',
  Resource: '*',
});

const EVERYTHING = document({ Effect: 'Allow', Action: '*', Resource: '*' });

/** What the role may do. */
export const permissionScenarios: Record<string, Scenario> = {
  'permission-missing': breaking({
    rows: ['33'],
    description: 'Gives the role no policy that allows to list buckets.',
    shows: 'The identity is right; listing buckets is denied.',
    break: stage =>
      stage.aws.iam.updateRole(stage.role().arn, { attached: [], inline: {} }),
  }),
  'permission-denied': breaking({
    rows: ['33'],
    description:
      'Gives the role a policy that allows to list buckets, and one that denies it.',
    shows: 'The statement that denies it is named.',
    break(stage) {
      allowed(stage);
      stage.aws.iam.updateRole(stage.role().arn, {
        inline: { 'no-buckets': denies },
      });
    },
  }),
  'permission-outside-the-boundary': breaking({
    rows: ['33'],
    description: 'Gives the role a permissions boundary that leaves S3 out.',
    shows: 'The boundary does not allow it.',
    break(stage) {
      allowed(stage);
      const { arn } = stage.aws.iam.putPolicy({
        name: `${stage.name}-boundary`,
        document: document({
          Effect: 'Allow',
          Action: 'dynamodb:*',
          Resource: '*',
        }),
      });
      stage.aws.iam.updateRole(stage.role().arn, { boundaryArn: arn });
    },
  }),
  'permission-denied-by-organization': breaking({
    rows: ['33'],
    description: 'Adds a service control policy that denies S3.',
    shows: 'The organization does not allow it.',
    break(stage) {
      allowed(stage);
      stage.aws.iam.setServiceControlPolicies({
        documents: [EVERYTHING, denies],
      });
    },
  }),
  'permission-outside-the-session-policy': breaking({
    rows: ['33'],
    description: 'Gives the association a session policy that leaves S3 out.',
    shows: 'The session policy does not allow it.',
    break(stage) {
      allowed(stage);
      stage.updateAssociation({
        disableSessionTags: true,
        policy: JSON.stringify(
          document({
            Effect: 'Allow',
            Action: 'dynamodb:*',
            Resource: '*',
          }),
        ),
      });
    },
  }),
  'policy-attached-a-moment-ago': breaking({
    rows: ['34'],
    description:
      'Attaches the policy while changes in IAM take 20 s to reach AWS.',
    shows: 'Listing buckets is denied until the change has spread.',
    async break(stage) {
      stage.aws.iam.updateRole(stage.role().arn, { attached: [] });
      await stage.later();
      stage.context.core.delays.iam = 20_000;
      stage.aws.iam.updateRole(stage.role().arn, { attached: [READ] });
    },
  }),
};
