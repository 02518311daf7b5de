import type { FilterPredicate } from '@backstage/filter-predicates';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { TAB_PATH } from './hooks/useLinks';
import { identityContentRouteRef } from './routes';
import { podIdentityTranslationRef } from './translation';

// The alpha catalog blueprints are used in this one file.

/**
 * Components that carry our annotation or one of the kubernetes plugin’s, or that are services. The README shows how
 * to change it in app-config.
 */
const defaultFilter: FilterPredicate = {
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

export const identityCard = EntityCardBlueprint.make({
  params: {
    type: 'info',
    filter: defaultFilter,
    loader: () =>
      import('./components/IdentityCard').then(m => <m.EntityIdentityCard />),
  },
});

export const identityContent = EntityContentBlueprint.make({
  params: {
    path: TAB_PATH,
    title: podIdentityTranslationRef('tab.title'),
    group: 'deployment',
    routeRef: identityContentRouteRef,
    filter: defaultFilter,
    loader: () => import('./components/Tab').then(m => <m.EntityIdentityTab />),
  },
});
