import type { FilterPredicate } from '@backstage/filter-predicates';
import {
  IDENTITY_ENTITY_TYPE,
  IDENTITY_TAB_ANNOTATIONS,
} from 'backstage-plugin-eks-pod-identity-common';

/**
 * Components with the annotation of this plugin or one of the kubernetes plugin’s, components of type service, and the
 * resources that stand for identities. The README shows how to change it in app-config.
 */
export const defaultFilter: FilterPredicate = {
  $any: [
    {
      $all: [
        { kind: 'component' },
        {
          $any: [
            ...IDENTITY_TAB_ANNOTATIONS.map(
              name =>
                ({
                  [`metadata.annotations.${name}`]: { $exists: true },
                } as FilterPredicate),
            ),
            { 'spec.type': 'service' },
          ],
        },
      ],
    },
    { kind: 'resource', 'spec.type': IDENTITY_ENTITY_TYPE },
  ],
};
