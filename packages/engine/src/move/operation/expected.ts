import { ConflictError, NotAllowedError } from '@backstage/errors';
import type {
  MigrateInput,
  ServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Association } from '../../aws/association';
import { portalRoles } from '../../clusters/portalRoles';
import type { Clusters } from '../../clusters/types';
import { checkMigrate, isAdoptable } from '../../guardrails';
import type { GuardrailContext } from '../../guardrails/requestContext';
import { checkRoleAccount } from '../../guardrails/roles';
import { judgeAccount } from '../../inventory/judge';
import type { RoleChoice } from '../../lifecycle/role/roleChoice';
import type { Scope } from '../../lifecycle/steps/scope';
import { voiceOf } from '../../text/voice';
import type { Subject } from '../subject';
import { isOwnMove } from './reading';
import type { MigrateRequest } from './types';

/** Says nothing of what it is by now: who reads it is not known here. */
export const unexpected = ({ namespace, serviceAccount }: ServiceAccountRef) =>
  new ConflictError(
    `Nothing further was changed: ${namespace}/${serviceAccount} is no longer what a rule moves, which is a service account on IRSA that the role of the rule lets in by a pattern and that is ready, as long as the rule stands`,
  );

/**
 * What a move without a person is refused for, whatever the cluster and AWS say.
 *
 * @throws InputError or NotAllowedError naming the rule
 * @public
 */
export function checkUnasked(
  input: MigrateInput,
  roleArn: string,
  context: GuardrailContext & { clusters: Pick<Clusters, 'list'> },
): void {
  const { cluster, clusters } = context;
  checkMigrate(input, context);
  checkRoleAccount('roleArn', roleArn, cluster);
  const isOpen = isAdoptable(roleArn, {
    cluster,
    namespace: input.namespace,
    portalRoles: portalRoles(clusters),
    findEntity: async () => undefined,
  });
  if (isOpen) return;
  throw new NotAllowedError(
    `A rule is not allowed to use the role ${roleArn}: guardrails.roles.adopt does not name it, or it governs the account or is one of ${
      voiceOf(cluster).my
    } own`,
  );
}

/**
 * Without a person a move begins only for what a pattern lets in by IRSA and is ready at this moment, and carries nothing on
 * that others began: anyone who may deploy can write an annotation, or variables into pods.
 */
export function isAsExpected(
  scope: Scope,
  { isCarriedOn, mayBegin }: NonNullable<MigrateRequest['expects']>,
  found?: {
    subject: Subject;
    association?: Association;
    isCutOff: boolean;
    role: RoleChoice;
  },
): boolean {
  if (!found) return false;
  const { association, isCutOff, role, subject } = found;
  // Not what the portal made for another purpose
  if (role.how !== 'adopted' || role.by !== 'guardrail') return false;
  if (association) return isCarriedOn && isOwnMove(scope, association);
  if (isCutOff) return isCarriedOn && subject.trust.answer === 'yes';
  const { clock } = scope.context;
  const { account, facts } = subject;
  return (
    mayBegin && judgeAccount(account, facts, clock.now()).alone === 'ready'
  );
}
