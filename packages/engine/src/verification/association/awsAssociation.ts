import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  associationIdsOf,
  describeAssociation,
  listAssociations,
} from '../../aws/association';
import { classifyAwsError } from '../../aws/classify';
import type { ClusterConfig } from '../../clusters/types';
import { askedSettings } from '../../identity/associationSettings';
import { inlinePolicyName } from '../../identity/names';
import type { Collector } from '../framework/collecting';
import { known, lacking, valueOf } from '../framework/fact';
import { lackOfAws } from '../access/lacks';
import { nearestName } from './nearest';

/** Most associations to list for suggestions; a typo is found long before. */
const MOST = 2_000;

/** ARN pattern under which EKS authorises Describe, Update and Delete of associations. */
function associationsArn(cluster: ClusterConfig): string {
  return `arn:${cluster.partition}:eks:${cluster.region}:${cluster.accountId}:podidentityassociation/${cluster.name}/*`;
}

export const collectAssociation: Collector<'association'> = async c => {
  const { cluster } = c.read;
  let id: string | undefined;
  try {
    [id] = await associationIdsOf(c.read, c.request.ref, c.signal);
  } catch (error) {
    if (classifyAwsError(error).kind === 'not-found') return known(null);
    return lacking(
      lackOfAws(
        error,
        {
          action: 'eks:ListPodIdentityAssociations',
          resource: cluster.arn,
        },
        c.read,
      ),
    );
  }
  if (!id) return known(null);
  try {
    return known((await describeAssociation(c.read, id, c.signal)) ?? null);
  } catch (error) {
    return lacking(
      lackOfAws(
        error,
        {
          action: 'eks:DescribePodIdentityAssociation',
          resource: associationsArn(cluster),
        },
        c.read,
      ),
    );
  }
};

const isSame = (one: ServiceAccountRef, other: ServiceAccountRef) =>
  stringifyServiceAccountRef(one) === stringifyServiceAccountRef(other);

/**
 * The name that was probably meant, and the same name on other clusters; searched only when there is no association. The code that shows it must check the
 * reader's rights.
 */
export const collectNearby: Collector<'nearby'> = async c => {
  const association = await c.get('association');
  if (!association.known || association.value) return known([]);
  const { ref } = c.request;
  let all: Awaited<ReturnType<typeof listAssociations>>;
  try {
    all = await listAssociations(c.read, { most: MOST }, c.signal);
  } catch (error) {
    return lacking(
      lackOfAws(
        error,
        {
          action: 'eks:ListPodIdentityAssociations',
          resource: c.read.cluster.arn,
        },
        c.read,
      ),
    );
  }
  const names = all.flatMap(({ namespace, serviceAccount }) => {
    const parsed = serviceAccountRefSchema.safeParse({
      cluster: ref.cluster,
      namespace,
      serviceAccount,
    });
    // EKS accepts names that Kubernetes does not.
    return parsed.success ? [parsed.data] : [];
  });
  const others = names.filter(name => !isSame(name, ref));
  const nearest = nearestName(ref, others);
  // The portal's database answers this, so its errors must not be reported as errors of AWS.
  const elsewhere = (await c.operation.elsewhere?.()) ?? [];
  return known([...(nearest ? [nearest] : []), ...elsewhere]);
};

/** What the identity should be: from the input, else the last associate, else the association itself. */
export const collectExpected: Collector<'expected'> = async c => {
  const last = c.operation.lastAssociate;
  const result = last?.result?.applied ? last.result : undefined;
  const association = valueOf(await c.get('association')) ?? undefined;
  const settings =
    last && result
      ? askedSettings(last.input, result.roleArn || undefined)
      : {};
  const input = result && last?.input;
  const asked = {
    policies: input?.managedPolicyArns,
    inline:
      input?.inlinePolicies &&
      Object.keys(input.inlinePolicies).map(inlinePolicyName),
  };
  if (c.request.expectedRoleArn) {
    // The expectation of the input overrides that of the last associate.
    const { roleArn, targetRoleArn, ...session } = settings;
    return known({
      settings: session,
      ...asked,
      effectiveRoleArn: c.request.expectedRoleArn,
      source: 'input',
    });
  }
  if (result?.effectiveRoleArn) {
    return known({
      settings,
      ...asked,
      effectiveRoleArn: result.effectiveRoleArn,
      source: 'last-associate',
    });
  }
  if (association) {
    return known({
      settings: {},
      effectiveRoleArn: association.targetRoleArn ?? association.roleArn,
      source: 'association',
    });
  }
  return known({ settings: {} });
};
