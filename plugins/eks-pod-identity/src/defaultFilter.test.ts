import { filterPredicateToFilterFunction } from '@backstage/filter-predicates';
import {
  hasIdentityTab,
  IDENTITY_TAB_ANNOTATIONS,
} from 'backstage-plugin-eks-pod-identity-common';
import { defaultFilter } from './defaultFilter';

const entity = (
  kind: string,
  type: string,
  annotations?: Record<string, string>,
) => ({
  apiVersion: 'backstage.io/v1alpha1',
  kind,
  metadata: { name: 'api', annotations },
  spec: { type },
});

describe('the default filter', () => {
  const shows = filterPredicateToFilterFunction(defaultFilter);

  it.each<[boolean, ReturnType<typeof entity>]>([
    [true, entity('Component', 'service')],
    [false, entity('Component', 'website')],
    [false, entity('Resource', 'service')],
    [false, entity('Component', 'website', { other: 'x' })],
    [true, entity('Resource', 'aws-identity')],
    [false, entity('Resource', 'aws-iam-role')],
    [false, entity('API', 'aws-identity')],
    ...IDENTITY_TAB_ANNOTATIONS.map(
      (name): [boolean, ReturnType<typeof entity>] => [
        true,
        entity('Component', 'website', { [name]: 'x' }),
      ],
    ),
  ])('is what the backend expects of an app: %s', (expected, one) => {
    expect(shows(one)).toBe(expected);
    expect(hasIdentityTab(one)).toBe(expected);
  });
});
