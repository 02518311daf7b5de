import type { FilterPredicate } from '@backstage/filter-predicates';

/**
 * Components that carry our annotation or one of the kubernetes plugin’s, or that are services. The README shows how
 * to change it in app-config.
 */
export const defaultFilter: FilterPredicate = {
  $all: [
    { kind: 'component' },
    {
      $any: [
        {
          'metadata.annotations.aws.amazon.com/eks-pod-identity': {
            $exists: true,
          },
        },
        {
          'metadata.annotations.backstage.io/kubernetes-id': { $exists: true },
        },
        {
          'metadata.annotations.backstage.io/kubernetes-namespace': {
            $exists: true,
          },
        },
        {
          'metadata.annotations.backstage.io/kubernetes-label-selector': {
            $exists: true,
          },
        },
        { 'spec.type': 'service' },
      ],
    },
  ],
};
