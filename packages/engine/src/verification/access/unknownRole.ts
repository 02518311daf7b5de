import { nameOfArn } from '../../aws/arn';
import type { ClusterConfig, CredentialRole } from '../../clusters/types';
import { wrongClock } from '../../kubernetes/errors';
import { aws, bash, type Command, kubectl } from '../../text/bash';
import type { Fix } from '../framework/fix';
import { type Voice, voiceOf } from '../../text/voice';
import { GROUPS } from '../../clusters/portalRoles';
import { RBAC_SECTIONS } from '../framework/rights';
import { permissionsPage } from '../../text/permissionsPage';

/** The session whose token the cluster refused. */
export interface RefusedSession {
  cluster: Pick<ClusterConfig, 'name' | 'region' | 'voice' | 'permissionsUrl'>;
  role: CredentialRole;
  /** Whom the cluster has to admit, if that is known. */
  arn?: string;
  /** As DescribeCluster says it. */
  authenticationMode?: string;
}

const DOES: Record<CredentialRole, string> = {
  read: 'reads',
  verify: 'verifies',
  write: 'writes',
};

const checkClock = ({ host }: Voice) => `Check the clock of ${host}.`;

/** Adds a mapping to aws-auth, in the indentation of those that are there, and changes nothing else of it. */
function mapRole(arn: string, group: string): Command {
  const map = { kind: 'configmap', name: 'aws-auth', namespace: 'kube-system' };
  return bash`roles=$(${kubectl(
    'get',
    map,
  )`-o ${'jsonpath={.data.mapRoles}'}`} | sed 's/^\\[\\]$//')
pad=$(printf '%s\\n' "$roles" | sed -n 's/^\\( *\\)- .*/\\1/p' | head -n 1)
${kubectl(
  'create',
  map,
)`--dry-run=client -o yaml`} --from-literal=mapRoles="$roles
$pad- rolearn: ${arn}
$pad  username: ${group}
$pad  groups:
$pad    - ${group}
" | ${kubectl('patch', map)`--type merge --patch-file /dev/stdin`}`;
}

/** IAM admits nothing else; text between double quotes of a script must not be more. */
const ROLE_ARN = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@-]+$/;

function inConfigMap({ role, arn, cluster }: RefusedSession): Fix {
  const voice = voiceOf(cluster);
  const mapped = arn?.replace(/:role\/.*\//, ':role/') ?? '';
  const group = GROUPS[role];
  return {
    cause: `The authentication mode of the cluster is CONFIG_MAP, and its ConfigMap aws-auth does not map ${
      arn ? `the role ${nameOfArn(arn)}` : `${voice.my} role`
    }, under which ${voice.me} ${DOES[role]}, or the clocks differ.`,
    actions: [
      ROLE_ARN.test(mapped)
        ? `Map the role with these commands; aws-auth knows a role by its ARN without the path. The RBAC rules of ${group} are in ${permissionsPage(
            cluster,
          )}#${RBAC_SECTIONS[role]}.`
        : `Map ${voice.my} role to the group ${group} under mapRoles of aws-auth, by its ARN without the path.`,
      checkClock(voice),
    ],
    commands: ROLE_ARN.test(mapped) ? [mapRole(mapped, group)] : [],
  };
}

/** What to do about a 401: the entry of exactly the role that was refused. */
export function unknownRoleFix(
  { reason, aheadMs }: { reason?: string; aheadMs?: number },
  session: RefusedSession,
): Fix {
  const voice = voiceOf(session.cluster);
  if (reason === 'TokenTooLong') {
    return {
      cause: 'The AWS session is too large for a Kubernetes token.',
      actions: [
        `Use a role with fewer session tags; where ${voice.me} itself runs under Pod Identity, turn session tags off on its own association.`,
      ],
    };
  }
  if (aheadMs !== undefined) {
    return {
      cause: `${wrongClock(
        aheadMs,
        voice,
      )} A token is valid for a quarter of an hour, by the clock of AWS.`,
      actions: [`Set the clock of ${voice.host} right (NTP).`],
    };
  }
  if (session.authenticationMode === 'CONFIG_MAP') return inConfigMap(session);
  const { cluster, role, arn } = session;
  return {
    cause: `The cluster has no access entry for ${
      arn ?? `${voice.my} role`
    }, under which ${voice.me} ${DOES[role]}.`,
    actions: [
      `Create it with the command; ${permissionsPage(cluster)}#${
        RBAC_SECTIONS[role]
      } has the RBAC rules of its group.`,
      'If there is an entry, delete it first: it holds the unique id of a former role of that name.',
      checkClock(voice),
    ],
    commands: [
      aws`eks create-access-entry --cluster-name ${cluster.name} --region ${
        cluster.region
      } --principal-arn ${
        arn ?? `<ARN of ${voice.my} role>`
      } --kubernetes-groups ${GROUPS[role]}`,
    ],
  };
}
