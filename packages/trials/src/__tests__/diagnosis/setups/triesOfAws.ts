import type { Stage } from 'eks-sandbox';
import type { Setup } from './setup';
import { behindTarget, policy, revokeSessions, trust } from './roles';

const DAY = 86_400_000;
const nowOf = ({ context }: Stage) => context.core.clock.now();

/** What AWS holds, while a probe gets the identity. */
export const TRIES_OF_AWS: Record<string, Setup> = {
  'T27 the sessions of the role were revoked': {
    make: async stage => {
      await stage.later();
      revokeSessions(stage, new Date(nowOf(stage)).toISOString());
    },
    status: 'restart-needed',
    says: /started before the sessions of the role payments-ledger were revoked: AWS denies their calls/,
    ends: 'verified',
  },
  'T28 the trust policy ends in two days': {
    make: stage =>
      trust({
        Condition: {
          DateLessThan: {
            'aws:CurrentTime': new Date(nowOf(stage) + 2 * DAY).toISOString(),
          },
        },
      })(stage),
    status: 'verified',
    says: /It refuses them after \d{4}-/,
  },
  'T29 the target role was made again': {
    make: async stage => {
      const target = behindTarget(stage);
      await stage.restart();
      await stage.later();
      stage.aws.iam.deleteRole(target.arn);
      const { name, trust: same } = target;
      stage.aws.iam.putRole({ name, trust: same });
    },
    status: 'restart-needed',
    says: /older than the role payments-ledger-data, which was deleted and recreated/,
    ends: 'verified',
  },
  'T30 a session policy of Deny alone': {
    make: async stage => {
      stage.updateAssociation({
        disableSessionTags: true,
        policy: JSON.stringify(
          policy({
            Effect: 'Deny',
            Action: 's3:DeleteObject',
            Resource: '*',
          }),
        ),
      });
      await stage.restart();
    },
    status: 'verified',
    says: /1 note: [\s\S]*The session policy of the association has no Allow/,
  },
  'T31 the only policy of the role denies everything, and no call is tried': {
    make: stage =>
      stage.aws.iam.updateRole(stage.role().arn, {
        attached: [],
        inline: {
          nothing: policy({ Effect: 'Deny', Action: '*', Resource: '*' }),
        },
      }),
    status: 'verified',
    says: /1 note: [\s\S]*none of them allows anything/,
  },
};
