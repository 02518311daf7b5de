import {
  ALL_LEVELS,
  defineCheck,
  fail,
  note,
  pass,
  warn,
} from '../framework/check';
import { consoleLinks } from '../../identity/consoleLinks';
import { voiceOf } from '../../text/voice';

const IN_MOTION: Record<string, string> = {
  CREATING: 'it is still being created',
  PENDING: 'it is still being created',
  DELETING: 'it is being deleted',
  FAILED: 'its creation failed',
};

export const clusterActive = defineCheck({
  id: 'cluster.active',
  category: 'cluster',
  title: 'The cluster is active',
  question: 'Does the EKS cluster exist and is it ACTIVE?',
  neededBy: ALL_LEVELS,
  needs: ['cluster'],
  evaluate({ cluster }, { cluster: config }) {
    const resource = {
      kind: 'cluster',
      name: config.name,
      consoleUrl: consoleLinks(config).cluster,
    };
    if (!cluster) {
      return fail(
        `There is no EKS cluster ${config.name} in ${config.region} of account ${config.accountId}.`,
        {
          fix: {
            cause:
              'The cluster was deleted, or its name, region or account is set wrongly.',
            actions: [
              voiceOf(config).flags
                ? 'Check the name, the region and the account (--cluster, --region, --profile).'
                : `Correct or remove the entry "${config.id}" under eksPodIdentity.clusters.`,
            ],
          },
        },
      );
    }
    const { status } = cluster;
    if (status === 'ACTIVE') {
      return pass(
        `Cluster ${cluster.name} is ACTIVE${
          cluster.version ? ` (Kubernetes ${cluster.version})` : ''
        }.`,
        { resource },
      );
    }
    if (status === 'UPDATING') {
      return note(
        `Cluster ${cluster.name} is being updated; answers may change until that is done.`,
        { resource },
      );
    }
    const why = IN_MOTION[status];
    const message = `Cluster ${cluster.name} is ${status}${
      why ? `: ${why}` : ''
    }.`;
    const fix = {
      cause: cluster.healthIssues.length
        ? `EKS reports: ${cluster.healthIssues.join('; ')}`
        : 'Pod Identity needs an ACTIVE cluster.',
      actions: [
        status === 'CREATING' || status === 'PENDING'
          ? 'Wait until the cluster is ACTIVE, then verify again.'
          : 'Look at the cluster in the EKS console.',
      ],
    };
    const rest = { expected: 'ACTIVE', observed: status, resource, fix };
    return why ? fail(message, rest) : warn(message, rest);
  },
});
