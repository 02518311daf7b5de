import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import type { ClusterConfig } from '../../clusters/types';
import type { PolicyDocument } from '../../iam/policyDocument';
import { type Maker, makerOfTags } from '../../identity/makers';
import { aws, bash, type Command, kubectl } from '../../text/bash';

/** Changes a custom resource of ACK, which its namespace and the ARN in its status find. */
function patchAck(
  { namespace }: Extract<Maker, { by: 'ack' }>,
  { kind, arn }: { kind: string; arn: string },
  spec: object,
): Command {
  const resource = { kind, namespace };
  const select = `jsonpath={.items[?(@.status.ackResourceMetadata.arn==${JSON.stringify(
    arn,
  )})].metadata.name}`;
  const patch = JSON.stringify({ spec });
  return bash`name=$(${kubectl('get', resource)`-o ${select}`})
${kubectl('patch', resource)`"$name" --type merge -p ${patch}`}`;
}

function patchCrossplane(
  { kind, name }: Extract<Maker, { by: 'crossplane' }>,
  forProvider: object,
): Command {
  const patch = JSON.stringify({ spec: { forProvider } });
  return kubectl('patch', { kind, name })`--type merge -p ${patch}`;
}

const ACK_ROLES = 'roles.iam.services.k8s.aws';
const ACK_ASSOCIATIONS = 'podidentityassociations.eks.services.k8s.aws';

/** Stores a trust policy where the maker of the role takes it. IAM has no regions, but the region names the partition. */
export function putTrustCommand(
  { name, arn, tags }: Role,
  document: PolicyDocument,
  { region }: Pick<ClusterConfig, 'region'>,
): Command {
  const maker = makerOfTags(tags);
  if (maker?.by === 'ack') {
    return patchAck(
      maker,
      { kind: ACK_ROLES, arn },
      { assumeRolePolicyDocument: JSON.stringify(document) },
    );
  }
  if (maker?.by === 'crossplane') {
    const assumeRolePolicy = JSON.stringify(document);
    return patchCrossplane(maker, { assumeRolePolicy });
  }
  return aws`iam update-assume-role-policy --role-name ${name} --region ${region} --policy-document ${JSON.stringify(
    document,
    null,
    2,
  )}`;
}

/** A policy name that the role does not have yet. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let count = 1; ; count += 1) {
    const tried = count === 1 ? name : `${name}-${count}`;
    if (!taken.includes(tried)) return tried;
  }
}

/** Adds an inline policy where the maker of the role takes it. Crossplane leaves alone what its resource does not name. */
export function putInlineCommand(
  { name, arn, tags }: Pick<Role, 'name' | 'arn'> & { tags?: Role['tags'] },
  policy: { name: string; document: unknown },
  { region }: Pick<ClusterConfig, 'region'>,
): Command {
  const maker = makerOfTags(tags);
  if (maker?.by === 'ack') {
    return patchAck(
      maker,
      { kind: ACK_ROLES, arn },
      {
        inlinePolicies: { [policy.name]: JSON.stringify(policy.document) },
      },
    );
  }
  return aws`iam put-role-policy --role-name ${name} --policy-name ${
    policy.name
  } --region ${region} --policy-document ${JSON.stringify(
    policy.document,
    null,
    2,
  )}`;
}

/** Puts an inline policy with these statements in the place of the one that is there; without any, the policy goes. */
export function replaceInlineCommand(
  role: Pick<Role, 'name' | 'arn'>,
  policy: { name: string; document: PolicyDocument },
  cluster: Pick<ClusterConfig, 'region'>,
): Command {
  return policy.document.Statement.length > 0
    ? putInlineCommand(role, policy, cluster)
    : aws`iam delete-role-policy --role-name ${role.name} --policy-name ${policy.name} --region ${cluster.region}`;
}

/** What a command changes in an association; EKS cannot take a target role away. */
export interface AssociationChange {
  roleArn?: string;
  targetRoleArn?: string;
  disableSessionTags?: boolean;
}

/** Changes an association where its maker takes it; undefined for one of an add-on, which only the add-on changes. */
export function changeAssociationCommand(
  { id, arn, ownerArn, tags }: Association,
  change: AssociationChange,
  { name, region }: Pick<ClusterConfig, 'name' | 'region'>,
): Command | undefined {
  if (ownerArn) return undefined;
  const { roleArn, targetRoleArn, disableSessionTags } = change;
  const maker = makerOfTags(tags);
  if (maker?.by === 'ack') {
    const spec = { roleARN: roleArn, targetRoleARN: targetRoleArn };
    return patchAck(
      maker,
      { kind: ACK_ASSOCIATIONS, arn },
      { ...spec, disableSessionTags },
    );
  }
  if (maker?.by === 'crossplane') {
    return patchCrossplane(maker, {
      roleArn,
      targetRoleArn,
      disableSessionTags,
    });
  }
  const options = [
    ...['--region', region],
    ...(roleArn ? ['--role-arn', roleArn] : []),
    ...(targetRoleArn ? ['--target-role-arn', targetRoleArn] : []),
    ...(disableSessionTags === true ? ['--disable-session-tags'] : []),
    ...(disableSessionTags === false ? ['--no-disable-session-tags'] : []),
  ];
  return aws`eks update-pod-identity-association --cluster-name ${name} --association-id ${id} ${options}`;
}
