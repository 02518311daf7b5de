import { ALL_LEVELS, defineCheck, fail, pass } from '../framework/check';

const KINDS = {
  outposts: 'It runs on AWS Outposts',
  connector: 'It is only connected to EKS (EKS Connector), not run by it',
};

/** First Kubernetes version with Pod Identity. Source: EKS user guide, "EKS Pod Identities". */
const FIRST_MINOR = 24;

/** By minor version, the first platform version with Pod Identity; all others have it. Source: the same page. */
const FIRST_PLATFORM: Readonly<Record<number, number>> = {
  24: 13,
  25: 10,
  26: 9,
  27: 8,
  28: 4,
  29: 1,
  30: 2,
};

function minorOf(version: string | undefined): number | undefined {
  const match = /^1\.(\d+)$/.exec(version ?? '');
  return match ? Number(match[1]) : undefined;
}

export const clusterSupported = defineCheck({
  id: 'cluster.supported',
  category: 'cluster',
  title: 'The cluster supports Pod Identity',
  question: 'Is this a kind and a version of cluster that has Pod Identity?',
  neededBy: ALL_LEVELS,
  dependsOn: [{ check: 'cluster.active', onlyWhenFailed: true }],
  needs: ['cluster'],
  evaluate({ cluster }) {
    // A cluster that does not exist has failed cluster.active.
    if (!cluster) throw new Error('There is no cluster to judge');
    if (cluster.kind !== 'eks') {
      return fail(
        `${KINDS[cluster.kind]}, where Pod Identity does not exist.`,
        {
          expected: 'a cluster run by EKS in a region',
          observed: cluster.kind,
          fix: {
            cause: 'AWS offers Pod Identity only for clusters that EKS runs.',
            actions: [
              'Use IAM roles for service accounts (IRSA) on this cluster.',
            ],
          },
        },
      );
    }
    const minor = minorOf(cluster.version);
    if (minor !== undefined && minor < FIRST_MINOR) {
      return fail(
        `Kubernetes ${cluster.version} is too old for Pod Identity.`,
        {
          expected: `1.${FIRST_MINOR} or later`,
          observed: cluster.version,
          fix: {
            cause: `Pod Identity came with Kubernetes 1.${FIRST_MINOR}.`,
            actions: ['Upgrade the cluster.'],
          },
        },
      );
    }
    const floor = minor === undefined ? undefined : FIRST_PLATFORM[minor];
    const platform = /^eks\.(\d+)$/.exec(cluster.platformVersion ?? '');
    if (floor !== undefined && platform && Number(platform[1]) < floor) {
      return fail(
        `Platform ${cluster.platformVersion} of Kubernetes ${cluster.version} is too old for Pod Identity.`,
        {
          expected: `eks.${floor} or later`,
          observed: cluster.platformVersion,
          fix: {
            cause: `Pod Identity came to Kubernetes ${cluster.version} with platform eks.${floor}.`,
            actions: [
              'Upgrade the cluster: EKS brings platform versions by itself, and a new Kubernetes version comes with a new one.',
            ],
          },
        },
      );
    }
    return pass(
      `Kubernetes ${cluster.version ?? 'of an unnamed version'}${
        cluster.platformVersion ? `, platform ${cluster.platformVersion}` : ''
      } supports Pod Identity.`,
    );
  },
});
