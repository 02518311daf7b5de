import { must } from '../shell';
import type { Deed, Expected } from './expected';

const ACCESS = {
  cause: 'access.kubernetes',
  status: 'could-not-check',
} as const;
/** A service account of the demo without an identity. */
const API = {
  cluster: 'payments-prod',
  namespace: 'payments',
  serviceAccount: 'payments-api',
};

/** The statement of a policy that a text prints, whatever words stand around it. */
function statementIn(text: string): string {
  const places = (sign: RegExp) => [...text.matchAll(sign)].map(at => at.index);
  for (const start of places(/\{"/g)) {
    for (const end of places(/\}/g)) {
      const printed = text.slice(start, end + 1);
      try {
        if (JSON.parse(printed).Effect) return printed;
      } catch {
        // These two braces are no pair
      }
    }
  }
  throw new Error(`No statement is printed: ${text}`);
}

/** Adds the statement of a refusal, as printed, to the portal's write role. */
const addStatement =
  (sid: string): Deed =>
  async ({ shell, said }) => {
    const statement = statementIn(said);
    await must(
      shell,
      `aws iam put-role-policy --region eu-west-1 --role-name backstage-eks-write --policy-name ${sid} --policy-document '{"Version":"2012-10-17","Statement":[${statement}]}'`,
    );
    return `added to the write role: ${statement}`;
  };

/** What the portal itself meets. */
export const OF_PORTAL: Record<string, Expected> = {
  'role-spreads-slowly': {
    status: 'verified',
    operation: 'associate',
    ref: API,
    succeeds: true,
    says: /"applied":true/,
    why: 'The associate waits by itself.',
  },
  'portal-may-not-pass-roles': {
    status: 'broken',
    operation: 'associate',
    ref: API,
    says: /iam:PassedToService/,
    repair: addStatement('PassRolesToPodIdentityOnly'),
    why: 'The platform team adds the statement that is printed to the write role.',
  },
  'portal-may-not-delete-associations': {
    status: 'broken',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    says: /eks:DeletePodIdentityAssociation[\s\S]*podidentityassociation\/payments-prod\//,
    repair: addStatement('ChangeAssociations'),
    why: 'The platform team adds the statement that is printed to the write role.',
  },
  'role-in-an-instance-profile': {
    status: 'verified',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    succeeds: true,
    says: /instance profile/,
    repair: async ({ world, ref }) => {
      world.sandbox.aws.iam.putInstanceProfile({ name: ref.serviceAccount });
      return 'the owner took the role out of the profile';
    },
    why: 'What uses the profile its owner knows.',
  },
  'agent-used-by-others': {
    status: 'verified',
    operation: 'teardown',
    given: 'payments-prod/payments/reports',
    succeeds: true,
    says: /"kind":"teardown","applied":true/,
    why: 'Nothing is to be fixed.',
  },
  'portal-not-admitted': { ...ACCESS, says: /does not know the portal's role/ },
  'portal-not-admitted-by-config-map': {
    ...ACCESS,
    says: /authentication mode of the cluster is CONFIG_MAP/,
  },
  'portal-without-rights': { ...ACCESS, says: /is not allowed to get/ },
  'verify-role-not-admitted': {
    ...ACCESS,
    says: /backstage-eks-verify/,
  },
  'api-not-reached': {
    ...ACCESS,
    says: /did not answer|closed|reset|network path/,
    repair: async ({ world, ref }) => {
      world.sandbox.faults.clear();
      world.sandbox.aws.eks.updateCluster(ref.cluster, {
        endpointPublicAccess: true,
      });
      return 'the network team opened a way';
    },
    why: 'The way from the portal to the cluster belongs to the network.',
  },
  'api-goes-away': {
    status: 'verified',
    says: /Verified/,
    why: 'The portal asks again by itself.',
  },
  'api-throttles': {
    ...ACCESS,
    rate: 1,
    says: /puts calls off \(429\)/,
    repair: async ({ world }) => {
      world.sandbox.faults.clear();
      return 'waited until the cluster had time again';
    },
    why: 'Waiting is the fix.',
  },
  'clock-ahead': {
    ...ACCESS,
    says: /clock of the portal's host is 60 minutes behind/,
    repair: async ({ world }) => {
      world.sandbox.faults.skewMs = 0;
      return 'the clock was set right';
    },
    why: 'The clock of the portal’s host is not AWS’s to set.',
  },
};
