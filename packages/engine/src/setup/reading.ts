import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import {
  evidencePolicy,
  readingPolicy,
  type RightsPlace,
} from '../aws/portalRights';
import type { ClusterSession } from '../clusters/types';
import { answering, artefactsOf, policyWith, wordsOf } from './answers';
import { tryReads } from './awsReads';

/** Whether EKS has the cluster under this name, in this region and account. */
export async function finds(session: ClusterSession): Promise<SetupAnswer> {
  const { cluster, role } = session;
  const { pass, fail, unknown } = answering(role, 'cluster');
  try {
    const { status, version } = await session.describeCluster();
    return pass(`EKS has ${cluster.arn}, ${version}, ${status}.`);
  } catch (error) {
    const { name, message } = error as Error;
    return /^(NotFound|NotAllowed)Error$/.test(name)
      ? fail(message, undefined, artefactsOf(session.cluster).config)
      : unknown(wordsOf(error));
  }
}

/** Whether the role has every right that reading needs. */
export async function reads(
  session: ClusterSession,
  place: RightsPlace,
  { evidence }: { evidence: boolean },
): Promise<SetupAnswer> {
  const { pass, fail, unknown } = answering(session.role, 'reading');
  const { tried, denied, unanswered } = await tryReads(session, { evidence });
  if (denied.length > 0) {
    const statements = [
      ...readingPolicy(place).Statement,
      ...evidencePolicy().Statement,
    ];
    const isOfEvidence = evidencePolicy().Statement.every(({ Action }) =>
      denied.every(action => action === Action),
    );
    return fail(
      `AWS denies ${denied.join(', ')}.`,
      {
        cause:
          'The policies of the role lack these statements, or a policy above them denies it.',
        actions: ['Give the role the statements below, whole.'],
        snippet: policyWith(statements, denied),
      },
      isOfEvidence
        ? artefactsOf(session.cluster).evidence
        : artefactsOf(session.cluster).reading,
    );
  }
  if (unanswered.size > 0) {
    const [[action, words]] = unanswered;
    return unknown(
      `AWS did not answer ${[...unanswered.keys()].join(
        ', ',
      )}: ${action}: ${words}`,
    );
  }
  return pass(`AWS allows all ${tried.length} reads.`);
}
