import { associate, BOB } from '../testBackend';
import { type Attempt, BOBS } from './InsiderWorld';

const forge =
  (tags: Record<string, string>): Attempt['attempt'] =>
  world =>
    world.run(
      BOB,
      associate('bobs', { entityRef: BOBS, disableSessionTags: true, tags }),
    );

/** Bob's role carries the tags by which policies tell pods apart, and passes for Ada's. */
export const forgedTags: Attempt[] = [
  {
    what: 'the namespace of another pod',
    attempt: forge({ 'kubernetes-namespace': 'payments' }),
    refused: /must not begin with "kubernetes-"/,
  },
  {
    what: 'the same in another letter case',
    attempt: forge({ 'Kubernetes-Service-Account': 'api' }),
    refused: /must not begin with "kubernetes-"/,
  },
  {
    what: 'another cluster',
    attempt: forge({ 'EKS-cluster-name': 'payments-prod' }),
    refused: /must not begin with "eks-cluster-"/,
  },
  {
    what: 'a tag that the organisation’s own policies trust',
    attempt: forge({ team: 'payments' }),
    refused: /guardrails\.tags\.allow names the keys/,
  },
  {
    what: 'the portal’s own marks',
    attempt: forge({ 'Backstage.io/entity-uid': 'payments-api-first' }),
    refused: /must not begin with "backstage\.io\/"/,
  },
];
