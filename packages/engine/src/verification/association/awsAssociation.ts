import {
  type ServiceAccountRef,
  serviceAccountRefSchema,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import {
  associationIdsOf,
  associationsArn,
  describeAssociation,
  listAssociations,
} from '../../aws/association';
import { orUndefined } from '../../aws/orUndefined';
import type { ClusterConfig } from '../../clusters/types';
import { askedSettings } from '../../identity/associationSettings';
import { inlinePolicyName } from '../../identity/names';
import type { Collector } from '../framework/collecting';
import { known, valueOf } from '../framework/fact';
import { askAws } from '../access/askAws';
import { nearestName } from './nearest';

/** Most associations to list for suggestions; a typo is found long before. */
const MOST = 2_000;

const listing = (cluster: ClusterConfig) => ({
  action: 'eks:ListPodIdentityAssociations',
  resource: cluster.arn,
});

export const collectAssociation: Collector<'association'> = async c => {
  const { cluster } = c.read;
  const ids = await askAws(c.read, listing(cluster), async () => {
    const found = associationIdsOf(c.read, c.request.ref, c.signal);
    return (await orUndefined(found)) ?? [];
  });
  if (!ids.known) return ids;
  const [id] = ids.value;
  if (!id) return known(null);
  return askAws(
    c.read,
    {
      action: 'eks:DescribePodIdentityAssociation',
      resource: associationsArn(cluster),
    },
    async () => (await describeAssociation(c.read, id, c.signal)) ?? null,
  );
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
  const all = await askAws(c.read, listing(c.read.cluster), () =>
    listAssociations(c.read, { most: MOST }, c.signal),
  );
  if (!all.known) return all;
  const names = all.value.flatMap(({ namespace, serviceAccount }) => {
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
