import { ConflictError } from '@backstage/errors';
import type { AssociateResult } from 'backstage-plugin-eks-pod-identity-common';
import type {
  AssociateRequest,
  OperationContext,
} from '../../operationContext';
import type { Association } from '../../aws/association';
import { apply } from '../steps/apply';
import { readOrExplain } from '../steps/reading';
import { associateResult } from './associateResult';
import {
  AssociateDeps,
  planAssociate,
  PlannedAssociate,
} from './planAssociate';

/** Applies an associate request: plans with fresh state, then makes the changes. */
export async function associate(
  request: AssociateRequest,
  context: OperationContext,
  deps: AssociateDeps,
): Promise<AssociateResult> {
  const planned = await planAssociate(request, context, deps);
  const done = await apply(planned.scope, planned, request.input);
  const association = done.applied ? await confirm(planned) : undefined;
  return associateResult(planned, { ...done, association });
}

/** Success means that the association exists at the end. */
async function confirm(planned: PlannedAssociate): Promise<Association> {
  const { scope, roleArn, readBack } = planned;
  const association = await readOrExplain(
    scope,
    'read the association back',
    () => readBack.get(),
  );
  if (!association || association.roleArn !== roleArn) {
    throw new ConflictError(
      association
        ? `At the end the association ${association.id} has the role ${association.roleArn} instead of ${roleArn}: another caller changed it meanwhile. Run it again.`
        : `At the end there was no association for ${scope.ref.namespace}/${scope.ref.serviceAccount}: another caller deleted it meanwhile. Run it again.`,
    );
  }
  return association;
}
