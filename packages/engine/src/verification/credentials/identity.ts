import {
  defineCheck,
  fail,
  type Outcome,
  pass,
  unknown,
} from '../framework/check';
import { valueOf } from '../framework/fact';
import type { VpcEndpointFact } from '../framework/facts/cluster';
import type { NetworkPolicyFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { openEgress } from '../workloads/openEgress';
import {
  type Caller,
  callerOfDenial,
  compareCaller,
  kindOfCaller,
  parseCallerIdentity,
} from './callerIdentity';
import { SDK_RULES, sdksInWords } from '../workloads/sdks';

/** Why the pod has another identity, by kind of identity. */
function explainOther(
  caller: Caller,
): { what: string } & Pick<Outcome, 'fix' | 'explainedBy'> {
  switch (kindOfCaller(caller)) {
    case 'node-role':
      return {
        what: `the role of its node (${caller.roleName})`,
        fix: {
          cause:
            'Without the variables of Pod Identity every SDK silently falls back to the node’s own role.',
          actions: [
            'Look whether new pods receive the identity, and at pods that were created before the association.',
            'Set the hop limit of the instance metadata service to 1, so that this becomes an error instead of a surprise.',
          ],
        },
      };
    case 'irsa':
      return {
        what: `a role given through IRSA (${caller.roleName})`,
        explainedBy: {
          oneOf: ['service-account.irsa'],
          place: 'service-account',
        },
        fix: {
          cause: `IRSA variables in the pod come before Pod Identity in the order of ${
            sdksInWords(SDK_RULES.irsa.affects).words
          }.`,
          actions: [
            'Wait until new pods receive the identity (admission.injects), and restart the workload then. Until then the annotation of IRSA is all that they have.',
          ],
        },
      };
    case 'static-keys':
      return {
        what: `static keys (${caller.arn})`,
        fix: {
          cause:
            'Access keys in the pod come before Pod Identity in the order of every SDK.',
          actions: [
            'Find what adds AWS_ACCESS_KEY_ID or a credentials file to pods here, and remove it.',
          ],
        },
      };
    case 'pod-identity':
      return {
        what: `another role through Pod Identity (${caller.roleName} of account ${caller.accountId})`,
        explainedBy: { oneOf: ['association.matches'], place: 'association' },
        fix: {
          cause:
            'The association names another role than the one that is expected.',
          actions: ['Look first at what of the association differs.'],
        },
      };
    default:
      return {
        what: `another identity (${caller.arn})`,
        fix: {
          cause: 'Another source of credentials came before Pod Identity.',
          actions: [
            'Find what gives pods of this namespace credentials: variables, profiles or mounted files.',
          ],
        },
      };
  }
}

/** What is missing on the way to STS: no endpoint is advised that is there already. */
function accessToSts(endpoints: readonly VpcEndpointFact[]): string {
  const there = endpoints.filter(({ service }) => service === 'sts');
  const ready = there.find(({ state }) => state === 'available');
  if (ready) {
    return `The VPC has the endpoint ${
      ready.id
    } for sts: let its security group and policy, and the network ACLs, take port 443 from the pods${
      ready.privateDns ? '' : ', and switch private DNS on for it'
    }.`;
  }
  const [coming] = there;
  return coming
    ? `The endpoint ${coming.id} for sts is there and is ${coming.state}: verify again when it is available.`
    : 'Give the subnet access to STS: an interface VPC endpoint for sts, or NAT.';
}

/** A NetworkPolicy that selects the probe is nearer than the subnet. */
function noStsFix(
  policies: readonly NetworkPolicyFact[],
  endpoints: readonly VpcEndpointFact[],
  namespace: string,
): Fix {
  const access = accessToSts(endpoints);
  if (policies.length) {
    return {
      cause: `${
        policies.length === 1 ? 'The NetworkPolicy' : 'The NetworkPolicies'
      } ${policies
        .map(({ name }) => name)
        .join(
          ', ',
        )} may keep the probe from STS; it may hold for the probe and not for the workload.`,
      actions: [
        'Allow egress on port 443 to AWS and on port 53 to DNS: policies add up, so a further one is enough. Narrow its addresses where yours are known.',
        `If the policy allows that: ${access}`,
      ],
      commands: [openEgress([policies[0]], 'aws-and-dns', namespace)],
    };
  }
  return {
    cause:
      'The pod cannot reach STS of its region, or a proxy answers in its place.',
    actions: [
      access,
      'Behind a proxy, exempt 169.254.170.23 in NO_PROXY and let sts through.',
    ],
  };
}

export const credentialsIdentity = defineCheck({
  id: 'credentials.identity',
  category: 'credentials',
  title: 'The pod holds the expected role',
  question: 'Is the identity that AWS sees in the pod the expected role?',
  neededBy: ['pod'],
  dependsOn: ['credentials.agent-answers'],
  needs: ['podRun', 'expected'],
  uses: ['association', 'role', 'targetRole', 'egressPolicies', 'vpcEndpoints'],
  evaluate(
    {
      podRun,
      expected,
      association,
      role,
      targetRole,
      egressPolicies,
      vpcEndpoints,
    },
    { ref },
  ) {
    const { identity } = podRun;
    const caller =
      identity.exitCode === 0
        ? parseCallerIdentity(identity.text)
        : callerOfDenial(identity.text);
    if (!caller) {
      const text = identity.text.replace(/\s+/g, ' ').trim();
      return unknown(
        `The agent gave credentials, but STS did not say whom they belong to: ${text}`,
        {
          observed: text,
          fix: noStsFix(
            valueOf(egressPolicies)?.policies ?? [],
            valueOf(vpcEndpoints) ?? [],
            ref.namespace,
          ),
        },
      );
    }
    const wanted = expected.effectiveRoleArn;
    if (!wanted) {
      return unknown(
        `The pod is ${caller.arn}; which role it should be is not known.`,
        {
          observed: caller.arn,
          fix: {
            cause:
              'Neither the input nor an association that could be read names the expected role.',
            actions: [
              'Verify again with this role as the one that is expected.',
            ],
          },
        },
      );
    }
    const linked = valueOf(association);
    let roleId: string | undefined;
    if (linked?.targetRoleArn && linked.targetRoleArn === wanted) {
      const target = valueOf(targetRole)?.role;
      roleId = target && valueOf(target)?.roleId;
    } else {
      const first = valueOf(role);
      roleId = first?.arn === wanted ? first.roleId : undefined;
    }
    const former =
      roleId && caller.uniqueId
        ? ''
        : '; whether that is a former role of this name was not looked at';
    const evidence = { expected: wanted, observed: caller.arn };
    switch (compareCaller(caller, wanted, roleId || undefined)) {
      case 'same':
        return pass(`AWS sees the pod as ${caller.arn}${former}.`, {
          ...evidence,
          resource: { kind: 'role', name: wanted },
        });
      case 'recreated':
        return fail(
          `The pod holds a former role of the name ${caller.roleName}, which was deleted and recreated since.`,
          {
            explainedBy: { place: 'role' },
            expected: `${wanted} (${roleId})`,
            observed: `${caller.arn} (${caller.uniqueId})`,
            fix: {
              cause:
                'AWS treats a role that is recreated with the same name as another role.',
              actions: [
                'Delete the association and recreate it, then restart the pods.',
              ],
            },
          },
        );
      default: {
        const { what, ...rest } = explainOther(caller);
        return fail(`The pod holds ${what} instead of ${wanted}.`, {
          ...evidence,
          ...rest,
        });
      }
    }
  },
});
