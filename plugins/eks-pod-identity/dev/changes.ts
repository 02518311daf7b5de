import type { ChangesFound } from 'backstage-plugin-eks-pod-identity-common';
import { DAY, minutesAgo, ROLE } from './reports';

/** What became of an identity since it was proven: found by comparing, and recorded by AWS. */
export const changes: ChangesFound = {
  since: minutesAgo(190),
  proven: true,
  differs: [`The association has another role: ${ROLE}, not payments-api-old.`],
  events: [
    {
      at: minutesAgo(12),
      what: `Trust policy of ${ROLE} replaced.`,
      by: 'ana.torres@example.com, as the role AWSReservedSSO_PlatformAdmin_0123456789abcdef',
    },
    {
      at: minutesAgo(14),
      what: `Association given another role: ${ROLE}, not payments-api-old.`,
      by: 'deployer, as the role ci, through cloudformation.amazonaws.com',
    },
    {
      at: minutesAgo(95),
      what: `Policy AmazonS3ReadOnlyAccess detached from ${ROLE}.`,
      by: 'this portal',
    },
  ],
};

/** What differs alone. */
export const unsearched: ChangesFound = {
  since: minutesAgo(2 * DAY),
  proven: true,
  differs: [
    `The trust policy of ${ROLE} is different now.`,
    `The policy AmazonS3ReadOnlyAccess is not attached to ${ROLE} any more.`,
  ],
  events: [],
  lack: 'CloudTrail was not searched in us-east-1: The read role is not allowed to call cloudtrail:LookupEvents in us-east-1.',
};
