import type {
  EvidenceCaller,
  EvidenceEvent,
  IdentityChange,
  RecordedChange,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import { nameOfArn } from '../aws/arn';
import { SESSION_NAME } from '../aws/credentials';
import type { Voice } from '../text/voice';

export const EKS = 'eks.amazonaws.com';
const IAM = 'iam.amazonaws.com';

/** Whose changes are wanted. @public */
export interface ChangeSubject {
  ref: ServiceAccountRef;
  /** Name in EKS. */
  clusterName: string;
  /** The association before and now. */
  associationIds: readonly string[];
  /** The role that was proven, if any: the first event may give another. */
  provenRoleArn?: string;
  /** Names of roles: that of the association now, and its target role. */
  roleNames: readonly string[];
  /** ARNs of the policies that these have of the account's own. */
  policyArns: readonly string[];
  /** ARNs of the roles of the portal itself. */
  portalRoles: readonly string[];
  voice: Voice;
}

type Says = (
  change: RecordedChange,
  was: { roleArn?: string },
) => string | undefined;

const policyOf = ({ policyArn, policyName }: RecordedChange) =>
  nameOfArn(policyArn ?? policyName ?? 'of an unknown name');

const SETTING_NAMES: Record<string, string> = {
  targetRoleArn: 'target role',
  disableSessionTags: 'session tags',
  policy: 'session policy',
};

function updated(
  { roleArn, settings = [] }: RecordedChange,
  was: { roleArn?: string },
) {
  if (roleArn && !was.roleArn) {
    return `Association updated; its role is ${nameOfArn(roleArn)}.`;
  }
  if (roleArn && roleArn !== was.roleArn) {
    return `Association given another role: ${nameOfArn(
      roleArn,
    )}, not ${nameOfArn(was.roleArn!)}.`;
  }
  const names = settings.map(name => SETTING_NAMES[name] ?? name);
  return `Association updated${
    names.length > 0 ? ` (${names.join(', ')})` : ''
  }.`;
}

/** What each call did, in a sentence; undefined where it changed nothing that a pod would notice. */
const OF_ASSOCIATIONS: Record<string, Says> = {
  CreatePodIdentityAssociation: ({ roleArn }) =>
    `Association created${
      roleArn ? ` with the role ${nameOfArn(roleArn)}` : ''
    }.`,
  UpdatePodIdentityAssociation: updated,
  DeletePodIdentityAssociation: () => 'Association deleted.',
};

const OF_ROLES: Record<string, Says> = {
  CreateRole: ({ roleName }) => `Role ${roleName} created.`,
  DeleteRole: ({ roleName }) => `Role ${roleName} deleted.`,
  UpdateAssumeRolePolicy: ({ roleName }) =>
    `Trust policy of ${roleName} replaced.`,
  PutRolePolicy: change =>
    `Inline policy ${policyOf(change)} of ${change.roleName} written.`,
  DeleteRolePolicy: change =>
    `Inline policy ${policyOf(change)} of ${change.roleName} deleted.`,
  AttachRolePolicy: change =>
    `Policy ${policyOf(change)} attached to ${change.roleName}.`,
  DetachRolePolicy: change =>
    `Policy ${policyOf(change)} detached from ${change.roleName}.`,
  PutRolePermissionsBoundary: ({ roleName, boundaryArn }) =>
    `Permissions boundary of ${roleName} set${
      boundaryArn ? ` to ${nameOfArn(boundaryArn)}` : ''
    }.`,
  DeleteRolePermissionsBoundary: ({ roleName }) =>
    `Permissions boundary of ${roleName} removed.`,
};

const version = (change: RecordedChange) =>
  `Policy ${policyOf(change)} changed${
    change.versionId ? ` to its version ${change.versionId}` : ''
  }.`;

/** DeletePolicyVersion is none of them: AWS deletes no version that counts. */
const OF_POLICIES: Record<string, Says> = {
  CreatePolicyVersion: change =>
    change.isDefault ? version(change) : undefined,
  SetDefaultPolicyVersion: version,
};

/** Calls of EKS by their names, which no search by a resource finds for sure. */
export const ASSOCIATION_EVENTS = Object.keys(OF_ASSOCIATIONS);
export const ROLE_EVENTS = Object.keys(OF_ROLES);

/** True for a call that changes an association, a role or a policy, as far as an identity depends on it. */
export function isChange(service: string, name: string): boolean {
  return service === EKS
    ? Object.hasOwn(OF_ASSOCIATIONS, name)
    : service === IAM &&
        (Object.hasOwn(OF_ROLES, name) || Object.hasOwn(OF_POLICIES, name));
}

function isOfAssociation(
  { clusterName, associationId, namespace, serviceAccount }: RecordedChange,
  subject: ChangeSubject,
): boolean {
  if (clusterName !== subject.clusterName) return false;
  const isNamed =
    namespace === subject.ref.namespace &&
    serviceAccount === subject.ref.serviceAccount;
  return (
    isNamed ||
    (associationId !== undefined &&
      subject.associationIds.includes(associationId))
  );
}

function sayingOf(
  { service, name, change }: EvidenceEvent,
  subject: ChangeSubject,
): Says | undefined {
  if (!change || !isChange(service, name)) return undefined;
  if (service === EKS) {
    return isOfAssociation(change, subject) ? OF_ASSOCIATIONS[name] : undefined;
  }
  const { roleName, policyArn } = change;
  if (Object.hasOwn(OF_ROLES, name)) {
    return roleName && subject.roleNames.includes(roleName)
      ? OF_ROLES[name]
      : undefined;
  }
  return policyArn && subject.policyArns.includes(policyArn)
    ? OF_POLICIES[name]
    : undefined;
}

function callerInWords(
  by: EvidenceCaller,
  { portalRoles, voice }: ChangeSubject,
): string {
  switch (by.kind) {
    case 'role': {
      const isOurs = portalRoles.includes(by.arn);
      // Others with the right to assume its roles choose a name of their own, as a rule
      if (isOurs && by.sessionName === SESSION_NAME) return voice.us;
      const role = `${isOurs ? voice.my : 'the'} role ${nameOfArn(by.arn)}`;
      return by.sessionName ? `${by.sessionName}, as ${role}` : role;
    }
    case 'node':
      return `the node ${by.instanceId}`;
    case 'user':
      return by.arn.endsWith(':root') ? 'the root user' : nameOfArn(by.arn);
    case 'irsa':
      return by.subject;
    case 'pod-identity':
      return 'EKS Pod Identity';
    default:
      return by.name;
  }
}

/** Who made a change: a person, role or service, and the service that acted for them. */
function changedBy(
  { by, change }: EvidenceEvent,
  subject: ChangeSubject,
): string {
  const who = callerInWords(by, subject);
  const through = by.kind === 'service' ? undefined : change?.through;
  return through ? `${who}, through ${through}` : who;
}

/**
 * The events that changed an identity, each once, the newest first. Calls that AWS refused or that failed changed nothing;
 * events of other identities, roles and policies may be among them and are left out.
 *
 * @public
 */
export function identityChanges(
  events: readonly EvidenceEvent[],
  subject: ChangeSubject,
): IdentityChange[] {
  const seen = new Set<string>();
  let roleArn = subject.provenRoleArn;
  // They come with the newest first, and the times of CloudTrail are whole seconds
  const inOrder = [...events]
    .reverse()
    .sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
  const found = inOrder.flatMap((event): IdentityChange[] => {
    if (event.denied || event.error || seen.has(event.id)) return [];
    seen.add(event.id);
    const what = sayingOf(event, subject)?.(event.change!, { roleArn });
    if (event.service === EKS && what)
      roleArn = event.change?.roleArn ?? roleArn;
    return what ? [{ at: event.at, what, by: changedBy(event, subject) }] : [];
  });
  return found.reverse();
}
