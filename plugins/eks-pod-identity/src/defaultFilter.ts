import type { FilterPredicate } from '@backstage/filter-predicates';

/**
 * Components with the annotation of this plugin or one of the kubernetes plugin’s, and components of type service. The
 * README shows how to change it in app-config.
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
