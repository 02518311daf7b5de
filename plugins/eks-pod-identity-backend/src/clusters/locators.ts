import type {
  AuthService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { CATALOG_FILTER_EXISTS } from '@backstage/catalog-client';
import { stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  type FoundCluster,
  isRegion,
  type LeftOutCluster,
} from 'eks-pod-identity-engine/portal';

/** Backstage's own processor of EKS clusters writes it (`AwsEKSClusterProcessor` of catalog-backend-module-aws). */
const ARN = 'amazonaws.com/arn';
/** Of the Kubernetes plugin, as `authMetadata` of its clusters (`@backstage/plugin-kubernetes-common`). */
const ASSUME_ROLE = 'kubernetes.io/aws-assume-role';
const CLUSTER_ID = 'kubernetes.io/x-k8s-aws-id';

/** What a locator found, and what does not tell name, region and account. */
export interface Located {
  found: FoundCluster[];
  leftOut: LeftOutCluster[];
}

/** Resources of type `kubernetes-cluster`. */
export async function locateInCatalog(
  { auth, catalog }: { auth: AuthService; catalog: CatalogService },
  signal: AbortSignal,
): Promise<Located> {
  const located: Located = { found: [], leftOut: [] };
  const credentials = await auth.getOwnServiceCredentials();
  for await (const entities of catalog.streamEntities(
    {
      filter: {
        kind: 'Resource',
        'spec.type': 'kubernetes-cluster',
        [`metadata.annotations.${ARN}`]: CATALOG_FILTER_EXISTS,
      },
      fields: ['kind', 'metadata'],
    },
    { credentials },
  )) {
    signal.throwIfAborted();
    for (const entity of entities) {
      const by = stringifyEntityRef(entity);
      const found = parseArn(entity.metadata.annotations?.[ARN] ?? '');
      if (found) located.found.push({ by, ...found });
      else {
        const why = `the annotation ${ARN} is not the ARN of an EKS cluster`;
        located.leftOut.push({ by, why });
      }
    }
  }
  located.found.sort((a, b) => (a.by < b.by ? -1 : 1));
  return located;
}

function parseArn(text: string): Omit<FoundCluster, 'by'> | undefined {
  const [arn, , service, region = '', accountId, resource = '', ...rest] =
    text.split(':');
  return arn === 'arn' &&
    rest.length === 0 &&
    service === 'eks' &&
    isRegion(region) &&
    resource.startsWith('cluster/')
    ? { name: resource.slice('cluster/'.length), region, accountId }
    : undefined;
}

/** The clusters that `kubernetes.clusterLocatorMethods` of type `config` lists. */
export function locateInKubernetesSection(config: RootConfigService): Located {
  const located: Located = { found: [], leftOut: [] };
  const methods =
    config.getOptionalConfigArray('kubernetes.clusterLocatorMethods') ?? [];
  methods.forEach((method, index) => {
    if (method.getString('type') !== 'config') return;
    for (const entry of method.getOptionalConfigArray('clusters') ?? []) {
      const name = entry.getString('name');
      const by = `${name} of kubernetes.clusterLocatorMethods[${index}]`;
      const metadata =
        entry.getOptional<Record<string, string>>('authMetadata') ?? {};
      const role = metadata[ASSUME_ROLE] ?? entry.getOptional('assumeRole');
      const region = regionOfEndpoint(entry.getString('url'));
      const accountId = String(role ?? '').split(':')[4];
      if (region && accountId) {
        const id = metadata[CLUSTER_ID] ?? name;
        located.found.push({ by, name: id, region, accountId });
      } else {
        located.leftOut.push({
          by,
          why: region
            ? 'no role to assume tells the account'
            : 'the URL is not the endpoint that EKS gave the cluster',
        });
      }
    }
  });
  return located;
}

/** Of `https://ID.gr7.REGION.eks.amazonaws.com`, which in each partition ends otherwise; of `https://ID.REGION.api.aws` too. */
function regionOfEndpoint(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  const labels = hostname.split('.');
  return labels.includes('eks') || hostname.endsWith('.api.aws')
    ? labels.find(isRegion)
    : undefined;
}
