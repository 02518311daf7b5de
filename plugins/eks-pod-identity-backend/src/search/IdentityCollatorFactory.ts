import { Readable } from 'node:stream';
import type { AuthService } from '@backstage/backend-plugin-api';
import type {
  DocumentCollatorFactory,
  IndexableDocument,
} from '@backstage/plugin-search-common';
import {
  associationReadPermission,
  type AssociationRow,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityService } from 'backstage-plugin-eks-pod-identity-node';
import { associationsPage } from '../permissions/entityPage';

/** As many as one page of the API has at most. */
const PAGE = 200;

/** What search keeps of an identity. */
interface IdentityDocument extends IndexableDocument {
  cluster: string;
  namespace: string;
  serviceAccount: string;
}

/** Reads all identities over the API, with the rights of the search plugin. */
export class IdentityCollatorFactory implements DocumentCollatorFactory {
  readonly type = 'aws-identity';
  /** Search asks it for each result: what names a role is for those who may read its identity. */
  readonly visibilityPermission = associationReadPermission;
  readonly #auth: Pick<AuthService, 'getOwnServiceCredentials'>;
  readonly #podIdentity: PodIdentityService;

  constructor(options: {
    auth: Pick<AuthService, 'getOwnServiceCredentials'>;
    podIdentity: PodIdentityService;
  }) {
    this.#auth = options.auth;
    this.#podIdentity = options.podIdentity;
  }

  async getCollator(): Promise<Readable> {
    return Readable.from(this.#documents());
  }

  async *#documents(): AsyncGenerator<IdentityDocument> {
    const client = this.#podIdentity.createClient({
      credentials: await this.#auth.getOwnServiceCredentials(),
    });
    let cursor: string | undefined;
    do {
      const page = await client.listAssociations({
        sort: 'serviceAccount',
        limit: PAGE,
        cursor,
      });
      for (const row of page.items) yield toDocument(row);
      cursor = page.nextCursor;
    } while (cursor);
  }
}

/**
 * Names no component: who may read an identity need not know whose it is. The list that the document leads to names it to
 * those who may.
 */
function toDocument(row: AssociationRow): IdentityDocument {
  const { ref, clusterTitle, associationArn } = row;
  const written = stringifyServiceAccountRef(ref);
  return {
    title: `AWS identity of ${ref.namespace}/${ref.serviceAccount} on ${clusterTitle}`,
    text: [
      `Service account ${written}.`,
      ...inWords('Role', row.roleArn),
      ...inWords('Target role', row.targetRoleArn),
      ...inWords('Association', associationArn),
    ].join(' '),
    // A search engine may keep one document for each location, of whatever type: no other document may have this one, or its
    // readers could be shown this text
    location: associationsPage(
      '',
      associationArn
        ? { cluster: ref.cluster, q: associationArn }
        : { identity: written },
    ),
    cluster: ref.cluster,
    namespace: ref.namespace,
    serviceAccount: ref.serviceAccount,
    authorization: { resourceRef: written },
  };
}

/** The name by itself too, for search engines that take an ARN as one word. */
function inWords(what: string, arn: string | undefined): string[] {
  return arn ? [`${what} ${arn.split('/').at(-1)}: ${arn}`] : [];
}
