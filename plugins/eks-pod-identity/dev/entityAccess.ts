import {
  ACCESS_VERDICTS,
  entityAccessSchema,
  type EntityAccess,
  entityNodeUseSchema,
  type EntityNodeUse,
} from 'backstage-plugin-eks-pod-identity-common';
import { SAID } from './accessRows';
import { minutesAgo, ref } from './identities';

/** What all AWS access says of a service account of the component. */
export const entityAccess = (
  kind: keyof typeof SAID,
  serviceAccount = ref.serviceAccount,
  linkedBy: EntityAccess['linkedBy'] = 'namespace',
): EntityAccess =>
  entityAccessSchema.parse({
    workloads: [`Deployment ${serviceAccount}`],
    pods: 2,
    compute: ['EC2'],
    ...SAID[kind],
    ref: { ...ref, serviceAccount },
    clusterTitle: 'Payments (production)',
    lookedAt: minutesAgo(4),
    linkedBy,
  });

/** A service account whose pods may be what acts as their nodes. */
export const entityNodeUse = (serviceAccount: string): EntityNodeUse =>
  entityNodeUseSchema.parse({
    ref: { ...ref, serviceAccount },
    clusterTitle: 'Payments (production)',
    lookedAt: minutesAgo(4),
    linkedBy: 'namespace',
    workloads: ['Deployment invoices', 'CronJob dunning', 'Job report'],
    workloadCount: 5,
    pods: 6,
  });

/** The same for a person to whom the roles are not told. */
export const withheldAccess = ({
  role: _,
  programs: __,
  statement: ___,
  ...row
}: EntityAccess): EntityAccess => ({
  ...row,
  sentence: ACCESS_VERDICTS[row.verdict].meaning,
  reasons: [],
  withheld: true,
});
