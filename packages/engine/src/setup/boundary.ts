import type { SetupAnswer } from 'backstage-plugin-eks-pod-identity-common';
import type { RightsPlace } from '../aws/portalRights';
import { readManagedPolicy } from '../aws/role';
import { boundaryPolicy } from '../aws/workloadBoundary';
import type { ClusterSession } from '../clusters/types';
import { answering, artefactsOf, json, wordsOf } from './answers';

/** Whether AWS has the boundary that created roles get. */
export async function hasBoundary(
  reader: ClusterSession,
  place: RightsPlace,
): Promise<SetupAnswer> {
  const { pass, fail, unknown } = answering('write', 'boundary');
  const arn = reader.cluster.guardrails.permissionsBoundaryArn;
  const document = json(boundaryPolicy(place));
  if (!arn) {
    return fail(
      'No boundary is configured, so that the documented write role may create no role.',
      {
        cause: 'role.permissionsBoundaryArn is not set.',
        actions: [
          `Make the policy, and set eksPodIdentity.role.permissionsBoundaryArn to its ARN, such as ${place.boundaryArn}.`,
        ],
        snippet: document,
      },
      artefactsOf(reader.cluster).boundary,
    );
  }
  try {
    return (await readManagedPolicy(reader, arn))
      ? pass(`The boundary ${arn} exists.`)
      : fail(
          `The boundary ${arn} does not exist.`,
          {
            cause: 'role.permissionsBoundaryArn names a policy that AWS lacks.',
            actions: ['Make it with the document, or correct the setting.'],
            snippet: document,
          },
          artefactsOf(reader.cluster).boundary,
        );
  } catch (error) {
    return unknown(wordsOf(error));
  }
}
