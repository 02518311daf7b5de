import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { Entity } from '@backstage/catalog-model';
import { parseAllDocuments } from 'yaml';

const folder = join(
  resolvePackagePath('backstage-plugin-eks-pod-identity-backend'),
  '../../templates/catalog',
);

/** The catalog of the example portal, with the relations that a catalog would make of it. */
export function catalogEntities(): Entity[] {
  return ['org', 'systems', 'components', 'resources']
    .map(name => readFileSync(join(folder, `${name}.yaml`), 'utf8'))
    .flatMap(text => parseAllDocuments(text).map(document => document.toJS()))
    .map(entity => ({
      ...entity,
      metadata: { namespace: 'default', ...entity.metadata },
      relations: entity.spec?.owner
        ? [
            {
              type: 'ownedBy',
              targetRef: `group:default/${entity.spec.owner}`,
            },
          ]
        : [],
    }));
}
