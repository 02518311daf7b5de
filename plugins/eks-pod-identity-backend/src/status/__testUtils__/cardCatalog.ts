import type { Entity } from '@backstage/catalog-model';
import { POD_IDENTITY_ANNOTATION } from 'backstage-plugin-eks-pod-identity-common';
import { Clock, systemClock } from 'eks-pod-identity-engine';
import { entities } from '../../__testUtils__/testBackend';

const component = (name: string, annotation?: string): Entity => ({
  ...entities[0],
  metadata: {
    name,
    namespace: 'default',
    annotations: annotation ? { [POD_IDENTITY_ANNOTATION]: annotation } : {},
  },
});

/** A component for each thing an annotation can say, all of them Ada's. */
export const catalog = [
  component('bare'),
  component('malformed', 'prod/payments'),
  component('elsewhere', 'mars/payments/api'),
  component('ledger', 'prod/payments/payments-ledger'),
  component('payments-api', 'prod/payments/payments-api'),
  component(
    'many',
    [
      'prod/payments/payments-ledger',
      ...Array.from({ length: 29 }, (_, index) => `prod/payments/sa-${index}`),
    ].join(', '),
  ),
];
/** One of them, or one that the catalog does not have. */
export const named = (name: string) =>
  catalog.find(entity => entity.metadata.name === name) ?? component(name);

/** A trust policy that keeps every pod out. */
export const FOREIGN = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow' as const,
      Principal: { Service: 'ec2.amazonaws.com' },
      Action: 'sts:AssumeRole',
    },
  ],
};

/** The real clock, set forward or back. */
export class ShiftedClock implements Clock {
  shift = 0;

  now() {
    return systemClock.now() + this.shift;
  }

  sleep(ms: number, signal?: AbortSignal) {
    return systemClock.sleep(ms, signal);
  }
}
