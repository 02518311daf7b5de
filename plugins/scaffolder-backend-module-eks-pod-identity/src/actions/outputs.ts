import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type { Plan } from 'backstage-plugin-eks-pod-identity-common';

/** A copy as plain JSON, without undefined values: expressions in templates accept nothing else. */
export function plain<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** For outputs that are records: a plan, a report. */
export function record(value: object): JsonObject {
  return plain(value) as JsonObject;
}

/** Logs the warnings that the log does not contain yet; those of the plan are logged with it. */
export function logNewWarnings(
  logger: LoggerService,
  done: { warnings: string[]; plan: Plan },
): void {
  for (const warning of done.warnings) {
    if (!done.plan.warnings.includes(warning)) logger.warn(warning);
  }
}
