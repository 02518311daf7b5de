import type { FactRetriever } from '@backstage-community/plugin-tech-insights-node';
import type { AuthService } from '@backstage/backend-plugin-api';
import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  foldEntityRef,
  parsePodIdentityAnnotation,
  POD_IDENTITY_ANNOTATION,
  type ServiceAccountRef,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import { completeness, factsOf } from './facts';

/** As many as one page of the API has at most. */
const PAGE = 200;

const COMPONENTS = { kind: 'component' };

export interface FactServices {
  auth: Pick<AuthService, 'getOwnServiceCredentials'>;
  catalog: Pick<CatalogService, 'streamEntities'>;
  podIdentity: PodIdentityService;
  now?: () => number;
}

/** Reads the identities and the ways to AWS of all components, as the service of tech-insights. */
export function createFactRetriever(services: FactServices): FactRetriever {
  const { auth, catalog, podIdentity, now = Date.now } = services;
  return {
    id: 'awsIdentityFactRetriever',
    version: '0.1.0',
    title: 'AWS identity',
    description: 'How a component gets to AWS from its pods on EKS',
    entityFilter: [COMPONENTS],
    schema: {
      hasIdentity: {
        type: 'boolean',
        description: 'It has an identity by EKS Pod Identity',
      },
      verifiedInLast7Days: {
        type: 'boolean',
        description:
          'Each of its identities is verified, and a pod proved it within 7 days',
      },
      usesStaticKeys: {
        type: 'boolean',
        description: 'A pod template of it names an AWS access key',
      },
      usesIrsa: {
        type: 'boolean',
        description: 'A service account of it is set up for IRSA',
      },
    },
    async handler({ entityFilter = [COMPONENTS] }) {
      const credentials = await auth.getOwnServiceCredentials();
      const client = podIdentity.createClient({ credentials });
      const [identities, access, clusters, progress] = await Promise.all([
        allOf(cursor =>
          client.listAssociations({
            sort: 'serviceAccount',
            limit: PAGE,
            cursor,
          }),
        ),
        allOf(cursor =>
          client.listAccess({ sort: 'serviceAccount', limit: PAGE, cursor }),
        ),
        client.listClusters(),
        client.getAccessProgress(),
      ]);
      const complete = completeness(clusters, progress);
      const identitiesOf = byEntity(identities);
      const accessOf = byEntity(access);
      const found = [];
      for await (const entities of catalog.streamEntities(
        {
          filter: entityFilter,
          fields: [
            'kind',
            'metadata.name',
            'metadata.namespace',
            'metadata.annotations',
          ],
        },
        { credentials },
      )) {
        for (const entity of entities) {
          const known = {
            identities: identitiesOf(entity),
            access: accessOf(entity),
          };
          const { name, namespace = 'default' } = entity.metadata;
          found.push({
            entity: { kind: entity.kind, namespace, name },
            facts: { ...factsOf(known, complete, now()) },
          });
        }
      }
      return found;
    },
  };
}

async function allOf<T>(
  page: (cursor?: string) => Promise<{ items: T[]; nextCursor?: string }>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { items, nextCursor } = await page(cursor);
    all.push(...items);
    cursor = nextCursor;
  } while (cursor);
  return all;
}

interface Linked {
  ref: ServiceAccountRef;
  entityRef?: string;
  claimed?: boolean;
}

/**
 * Those that the portal links to an entity, and those that its own annotation names. Every owner of a catalog file can
 * write an annotation, so that it counts for nothing where a tag on AWS names another component.
 */
function byEntity<T extends Linked>(rows: T[]): (entity: Entity) => T[] {
  const byName = Map.groupBy(rows, ({ entityRef }) =>
    entityRef ? foldEntityRef(entityRef) : undefined,
  );
  const untagged = rows.filter(
    ({ claimed, entityRef }) => claimed || !entityRef,
  );
  const byRef = Map.groupBy(untagged, ({ ref }) =>
    stringifyServiceAccountRef(ref),
  );
  return entity => {
    const name = foldEntityRef(stringifyEntityRef(entity));
    const annotation = entity.metadata.annotations?.[POD_IDENTITY_ANNOTATION];
    const claimed = parsePodIdentityAnnotation(annotation).refs.flatMap(
      ref => byRef.get(stringifyServiceAccountRef(ref)) ?? [],
    );
    return [...new Set([...(byName.get(name) ?? []), ...claimed])];
  };
}
