import type { Association } from '../../aws/association';
import type { Role } from '../../aws/role';
import {
  analyseTrustPolicy,
  type TrustFinding,
  type TrustQuestion,
} from '../../identity/trustAnalysis';
import type { CheckContext } from '../framework/check';

/** The run whose requests are judged. */
type Asker = Pick<CheckContext, 'ref' | 'cluster' | 'now'>;

/** The parts of an association that change the request. */
type Settings = Pick<
  Association,
  'roleArn' | 'disableSessionTags' | 'externalId'
>;

/** The request of this ref to its first role. */
export function firstHop(
  { ref, cluster, now }: Asker,
  association: Pick<Settings, 'disableSessionTags'> | undefined,
): TrustQuestion {
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
    sessionTags: !association?.disableSessionTags,
    now,
  };
}

/** The request of its first role to the target role. */
export function secondHop(asker: Asker, association: Settings): TrustQuestion {
  return {
    ...firstHop(asker, association),
    externalId: association.externalId,
    sourceRoleArn: association.roleArn,
  };
}

/** One role, and the request to it. */
export interface Hop {
  role: Role;
  question: TrustQuestion;
}

export function judgeHop({ role, question }: Hop): TrustFinding {
  return analyseTrustPolicy(role.trustPolicy, question);
}

/** True where the trust policy admits pods by their name or uid, and surely no probe. */
export function keepsProbesOut({ role, question }: Hop): boolean {
  return (
    judgeHop({ role, question }).dependsOnPod &&
    judgeHop({ role, question: { ...question, pod: 'probe' } }).verdict ===
      'denies'
  );
}
