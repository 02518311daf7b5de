import type {
  Operation,
  OperationKind,
  OperationResult,
} from 'backstage-plugin-eks-pod-identity-common';
import { asAnswer, errorFromEngine } from './errors';

/**
 * The result of a successful operation.
 *
 * @throws the engine's error if the operation failed, as the same class
 */
export function resultOf<K extends OperationKind>(
  kind: K,
  operation: Operation,
): Extract<OperationResult, { kind: K }> {
  if (operation.state === 'failed') {
    throw errorFromEngine(
      operation.error ?? {
        name: 'Error',
        message: `The operation ${operation.id} failed without a reason`,
      },
    );
  }
  if (operation.state === 'cancelled') {
    throw asAnswer(
      new Error(
        `The operation ${operation.id} was cancelled${
          operation.error ? `: ${operation.error.message}` : ''
        }`,
      ),
    );
  }
  if (operation.result?.kind !== kind) {
    throw new Error(`The operation ${operation.id} ended without a result`);
  }
  return operation.result as Extract<OperationResult, { kind: K }>;
}
