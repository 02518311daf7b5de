import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  CheckResult,
  CheckStatus,
  OperationEvent,
  Plan,
  plainText,
  renderCheckLine,
  renderPlanStep,
  stringifyServiceAccountRef,
} from 'backstage-plugin-eks-pod-identity-common';

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** Logs the plan, before the first write and in a dry run. */
export function logPlan(logger: LoggerService, plan: Plan): void {
  const ref = stringifyServiceAccountRef(plan.ref);
  // A rehearsal, and a proof, leave everything as it is
  const isMove = plan.kind === 'migrate' || plan.kind === 'rollback';
  logger.info(
    plan.changes || plan.conflicts || isMove
      ? `Plan for ${ref}:`
      : `Plan for ${ref}: nothing to do`,
  );
  for (const step of plan.steps) {
    const level = step.change === 'conflict' ? 'warn' : 'info';
    logger[level](`  ${renderPlanStep(step)}`);
  }
  for (const warning of plan.warnings) logger.warn(`  warning: ${warning}`);
}

const STEP_WORDS = {
  started: '…',
  done: '✓',
  failed: '✗',
  skipped: '-',
  waiting: '…',
} as const;

const CHECK_LEVELS: Partial<Record<CheckStatus, 'error' | 'warn'>> = {
  fail: 'error',
  warn: 'warn',
  unknown: 'warn',
};

/** What follows from another finding is no alarm of its own. */
function levelOf({ status, becauseOf }: CheckResult) {
  return (!becauseOf && CHECK_LEVELS[status]) || 'info';
}

/**
 * A check under its title: the page of a task makes links of ids that end like a domain, such as `workloads.network`, and
 * they lead to strangers.
 */
const byTitle = (check: CheckResult): CheckResult => ({
  ...check,
  // A title says what is so when all is well; in quotes it is only the name of the check
  id: ['pass', 'note'].includes(check.status)
    ? check.title
    : `“${check.title}”`,
  ...(check.becauseOf ? { becauseOf: 'another check' } : {}),
});

/** Logs one event of the engine as readable lines. */
export function logEvent(logger: LoggerService, event: OperationEvent): void {
  switch (event.type) {
    case 'plan':
      logPlan(logger, event.data);
      break;
    case 'step': {
      const { status, message, durationMs } = event.data;
      const time = durationMs === undefined ? '' : ` (${seconds(durationMs)})`;
      const line = plainText(`${STEP_WORDS[status]} ${message}${time}`);
      if (status === 'failed') logger.error(line);
      else logger.info(line);
      break;
    }
    case 'check':
      logger[levelOf(event.data)](renderCheckLine(byTitle(event.data)));
      break;
    case 'log':
      logger[event.data.level](plainText(event.data.message));
      break;
    case 'state':
      if (event.data.message) logger.info(plainText(event.data.message));
      break;
    default:
  }
}
