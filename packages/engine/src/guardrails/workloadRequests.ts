import type {
  MigrateInput,
  RestartInput,
  RollbackInput,
} from 'backstage-plugin-eks-pod-identity-common';
import { checkNamespace } from './namespaces';
import {
  checkChanges,
  checkEntity,
  checkReached,
  checkRestartRight,
  type GuardrailContext,
} from './requestContext';

/**
 * Judges a restart request before any call.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkRestart(
  input: RestartInput,
  context: GuardrailContext,
): void {
  const { cluster } = context;
  checkChanges(context);
  checkEntity(input, context);
  checkNamespace(input.namespace, cluster);
  checkRestartRight('A restart', context);
}

/**
 * Judges a migrate request before any call.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkMigrate(
  input: MigrateInput,
  context: GuardrailContext,
): void {
  checkChanges(context);
  checkEntity(input, context);
  checkNamespace(input.namespace, context.cluster);
  checkReached('A move', context);
}

/**
 * Judges a rollback request before any call. Namespaces are not judged: a way back has to be open in a namespace that was
 * closed after the move.
 *
 * @throws InputError or NotAllowedError naming field and rule
 */
export function checkRollback(
  input: RollbackInput,
  context: GuardrailContext,
): void {
  checkChanges(context);
  checkEntity(input, context);
  checkReached('A way back', context);
}
