import { nameOfArn } from '../../aws/arn';
import {
  AssociateResult,
  MARK_TAGS,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { serviceAccountManifest } from '../serviceAccount/manifest';
import { ownership } from '../../identity/ownership';
import type { PlannedAssociate } from './planAssociate';
import { consoleLinks } from '../../identity/consoleLinks';
import { targetTrustPolicy } from '../../identity/snippets';
import { subjectOf } from '../steps/scope';

/** Outcome of carrying out a plan. */
interface AssociateEnd {
  applied: boolean;
  changed: boolean;
  /** As read back at the end. */
  association?: Association;
  warnings: string[];
}

/** Outputs of an associate, applied or only planned. */
export function associateResult(
  planned: PlannedAssociate,
  end: AssociateEnd,
): AssociateResult {
  const { scope, plan, roleArn, desired, gate } = planned;
  const { ref, cluster } = scope;
  const association = end.association ?? planned.association;
  const links = linksOf(planned, association);
  return {
    kind: 'associate',
    applied: end.applied,
    changed: end.changed,
    roleArn,
    effectiveRoleArn: desired.targetRoleArn ?? roleArn,
    roleName: nameOfArn(roleArn),
    associationId: association?.id,
    associationArn: association?.arn,
    externalId: association?.externalId,
    taggedEntityRef:
      association &&
      ownership(association.tags, subjectOf(scope)).kind === 'ours'
        ? association.tags[MARK_TAGS.entityRef]
        : undefined,
    clusterName: cluster.id,
    eksClusterName: cluster.name,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
    serviceAccountManifest: serviceAccountManifest(ref),
    targetTrustPolicy: desired.targetRoleArn
      ? targetTrustPolicy(scope.target, {
          roleArn,
          sessionTags: desired.sessionTags,
          externalId: association?.externalId,
        })
      : undefined,
    effective: gate.result?.effective ?? 'unknown',
    effectiveAfterSeconds:
      gate.result?.effective === 'yes'
        ? Math.round(gate.result.afterMs / 100) / 10
        : undefined,
    plan,
    warnings: [...plan.warnings, ...end.warnings],
    links,
  };
}

function linksOf(
  { scope, roleArn }: PlannedAssociate,
  association: Association | undefined,
): AssociateResult['links'] {
  const console = consoleLinks(scope.cluster);
  return [
    { title: 'Cluster in the AWS console', url: console.cluster },
    { title: 'Role in the AWS console', url: console.role(roleArn) },
    {
      title: 'Association in the AWS console',
      url: association && console.association,
    },
  ].filter((link): link is { title: string; url: string } => !!link.url);
}
