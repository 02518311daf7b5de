import type { LoggerService } from '@backstage/backend-plugin-api';
import type { JsonObject } from '@backstage/types';
import type { Plan } from 'backstage-plugin-eks-pod-identity-common';

/** The same as plain JSON: a template's expressions take nothing else, and a value that is not there is left out. */
export function plain<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}

/** For outputs whose form is a record: a plan, a report. */
export function record(value: object): JsonObject {
  return plain(value) as JsonObject;
}

/** Warnings that the log does not show yet: those of the plan stand below it already. */
export function logNewWarnings(
  logger: LoggerService,
  done: { warnings: string[]; plan: Plan },
): void {
  for (const warning of done.warnings) {
    if (!done.plan.warnings.includes(warning)) logger.warn(warning);
  }
}
