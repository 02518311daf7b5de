import { POD_IDENTITY_TRUST } from '../aws/direct/iam';
import { document, many, Statement } from '../aws/policy/document';
import { SECOND_ACCOUNT } from '../seed/accounts';
import { breaking, Scenario } from './scenario';
import type { Stage } from './stage';

const [POD_IDENTITY] = many(POD_IDENTITY_TRUST.Statement);

function trust(stage: Stage, ...statements: Statement[]): void {
  stage.aws.iam.updateRole(stage.role().arn, {
    trust: document(...statements),
  });
}

const onlyIf = (condition: Statement['Condition']): Statement => ({
  ...POD_IDENTITY,
  Condition: condition,
});

const requestTag = (name: string, value: string) => ({
  StringEquals: { [`aws:RequestTag/${name}`]: value },
});

/** Roles and their trust policies. */
export const trustScenarios: Record<string, Scenario> = {
  'trust-for-irsa-only': breaking({
    rows: ['11'],
    description: 'Gives the role a trust policy that knows only IRSA.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage =>
      trust(stage, {
        Effect: 'Allow',
        Principal: {
          Federated: `arn:aws:iam::${stage.aws.mainAccount}:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE`,
        },
        Action: 'sts:AssumeRoleWithWebIdentity',
      }),
  }),
  'trust-without-tag-session': breaking({
    rows: ['12'],
    description: 'Takes sts:TagSession out of the trust policy.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage => trust(stage, { ...POD_IDENTITY, Action: 'sts:AssumeRole' }),
  }),
  'trust-for-another-namespace': breaking({
    rows: ['13'],
    description: 'Lets the trust policy ask for another namespace.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage =>
      trust(stage, onlyIf(requestTag('kubernetes-namespace', 'orders'))),
  }),
  'trust-for-another-cluster': breaking({
    rows: ['13'],
    description: 'Lets the trust policy ask for another cluster.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage =>
      trust(stage, onlyIf(requestTag('eks-cluster-name', 'orders-prod'))),
  }),
  'trust-in-other-letters': breaking({
    rows: ['13'],
    description:
      'Lets the trust policy ask for the service account in capital letters.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage =>
      trust(
        stage,
        onlyIf(
          requestTag('kubernetes-service-account', stage.name.toUpperCase()),
        ),
      ),
  }),
  'trust-denies': breaking({
    rows: ['13'],
    description: 'Adds a Deny for this namespace to the trust policy.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage =>
      trust(stage, POD_IDENTITY, {
        ...onlyIf(requestTag('kubernetes-namespace', stage.namespace)),
        Sid: 'NotHere',
        Effect: 'Deny',
      }),
  }),
  'trust-needs-tags-that-are-off': breaking({
    rows: ['14'],
    description:
      'Turns session tags off for a role whose trust policy asks for them.',
    shows: 'EKS is not allowed to assume the role for the pod.',
    break: stage => {
      trust(stage, onlyIf(requestTag('kubernetes-namespace', stage.namespace)));
      stage.updateAssociation({ disableSessionTags: true });
    },
  }),
  'role-deleted': breaking({
    rows: ['15'],
    description: 'Deletes the role of the association.',
    shows: 'The role does not exist.',
    break: stage => stage.aws.iam.deleteRole(stage.role().arn),
  }),
  'role-recreated': breaking({
    rows: ['15', '39'],
    description: 'Deletes the role and recreates it while its pods run.',
    shows: 'Running pods hold credentials of the deleted role.',
    async break(stage) {
      await stage.later();
      const { name, attached, trust: text, tags } = stage.role();
      stage.aws.iam.deleteRole(stage.role().arn);
      stage.aws.iam.putRole({ name, attached, trust: text, tags });
    },
  }),
  'target-role-trusts-another': breaking({
    rows: ['37'],
    description:
      'Adds a target role that trusts another role than that of the association.',
    shows: 'The second hop is refused.',
    break: stage => target(stage, `${stage.name}-other`),
  }),
  'target-role-not-granted': breaking({
    rows: ['37'],
    description:
      'Adds a target role that the role of the association is not allowed to assume.',
    shows: 'The second hop is refused.',
    break: stage => target(stage, stage.name, { granted: false, abroad: true }),
  }),
  'target-role-trusts-a-deleted-role': breaking({
    rows: ['38'],
    description:
      'Adds a target role, then recreates the role that it trusts: its trust policy names the unique id of the deleted one.',
    shows: 'The second hop is refused.',
    break(stage) {
      target(stage, stage.name);
      const { name, inline, tags } = stage.role();
      stage.aws.iam.deleteRole(stage.role().arn);
      stage.aws.iam.putRole({ name, inline, tags });
    },
  }),
};

/** A second role behind that of the association, in its account or abroad: there a trust policy alone is not enough. */
function target(
  stage: Stage,
  trusted: string,
  { granted = true, abroad = false } = {},
): void {
  const { iam, mainAccount } = stage.aws;
  const arnOf = (name: string) => `arn:aws:iam::${mainAccount}:role/${name}`;
  if (!iam.findRole(arnOf(trusted))) iam.putRole({ name: trusted });
  const role = iam.putRole({
    ...(abroad && { accountId: SECOND_ACCOUNT }),
    name: `${stage.name}-archive`,
    attached: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'],
    trust: document({
      Effect: 'Allow',
      Principal: { AWS: arnOf(trusted) },
      Action: ['sts:AssumeRole', 'sts:TagSession'],
    }),
  });
  if (granted) {
    iam.updateRole(stage.role().arn, {
      inline: {
        'assume-archive': document({
          Effect: 'Allow',
          Action: ['sts:AssumeRole', 'sts:TagSession'],
          Resource: role.arn,
        }),
      },
    });
  }
  stage.updateAssociation({ targetRoleArn: role.arn });
}
