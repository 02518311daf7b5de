import type { ClusterConfig } from 'eks-pod-identity-engine';
import type { FleetCriteria } from '../store/criteria';
import { type Decision, mayReach, pickCluster } from './ClusterVisibility';

const inCluster = (...values: string[]) =>
  ({ key: 'cluster', values } as FleetCriteria);
const inNamespace = (...values: string[]) =>
  ({ key: 'namespace', values } as FleetCriteria);
const owned = {
  key: 'owner',
  values: ['group:default/a'],
} as unknown as FleetCriteria;
const here = inCluster('prod');
const there = inCluster('test');
const when = (criteria: FleetCriteria): Decision => ({ criteria });

describe('what a decision leaves on cluster prod', () => {
  it.each<[boolean, string, Decision]>([
    [true, 'where it allows all', 'all'],
    [false, 'where it allows nothing', 'none'],
    [true, 'where it is about that cluster', when(here)],
    [
      true,
      'where it is about that cluster too',
      when(inCluster('test', 'prod')),
    ],
    [false, 'where it is about another', when(there)],
    [false, 'where it is about all but that', when({ not: here })],
    [true, 'where it is about all but another', when({ not: there })],
    [true, 'where it depends on the owner', when(owned)],
    [true, 'where it depends on who is not the owner', when({ not: owned })],
    [true, 'where it depends on the namespace', when(inNamespace('payments'))],
    [true, 'where all of its parts may match', when({ allOf: [here, owned] })],
    [
      true,
      'where all of its parts match',
      when({ allOf: [here, { not: there }] }),
    ],
    [
      false,
      'where one of its parts does not match',
      when({ allOf: [owned, there] }),
    ],
    [
      false,
      'where not all of its parts match, turned around',
      when({ not: { allOf: [here, here] } }),
    ],
    [
      true,
      'where not all of its parts need match, turned around',
      when({ not: { allOf: [here, owned] } }),
    ],
    [true, 'where one of its parts matches', when({ anyOf: [there, here] })],
    [true, 'where one of its parts may match', when({ anyOf: [there, owned] })],
    [
      false,
      'where none of its parts matches',
      when({ anyOf: [there, { not: here }] }),
    ],
    [
      false,
      'where one of its parts matches, turned around',
      when({ not: { anyOf: [owned, here] } }),
    ],
    [
      true,
      'where none of its parts matches, turned around',
      when({ not: { anyOf: [there] } }),
    ],
  ])('%s %s', (reaches, _, decision) => {
    expect(mayReach(decision, 'prod')).toBe(reaches);
  });

  it.each<[boolean, string, FleetCriteria]>([
    [true, 'of that name', inNamespace('payments')],
    [true, 'that a pattern names', inNamespace('shop', 'pay*')],
    [false, 'of another name', inNamespace('shop')],
    [false, 'that it is all but', { not: inNamespace('payments') }],
  ])('in a namespace: %s, where it is about one %s', (reaches, _, criteria) => {
    expect(mayReach(when(criteria), 'prod', 'payments')).toBe(reaches);
  });
});

describe('a cluster that a request names', () => {
  const clusters = ['prod', 'test'].map(id => ({ id } as ClusterConfig));
  it('is found', () => expect(pickCluster('test', clusters)).toBe(clusters[1]));
  it.each<[string, string, ClusterConfig[], string]>([
    [
      'suggests what was meant',
      'prd',
      clusters,
      'There is no cluster "prd" that you may use: did you mean "prod"? Those that you may use: prod, test',
    ],
    [
      'names those that there are',
      'qwertyuiop',
      clusters,
      'There is no cluster "qwertyuiop" that you may use. Those that you may use: prod, test',
    ],
    [
      'says whom to ask where there are none',
      'prod',
      [],
      'eksPodIdentity.clusters in app-config does not name it',
    ],
  ])('%s', (_, id, reachable, message) => {
    expect(() => pickCluster(id, reachable)).toThrow(message);
  });
});
