import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  RollbackInput,
  rollbackInputSchema,
  rollbackInputShape,
  rollbackResultSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { followOperation } from '../operation/followOperation';
import { resultOf } from '../operation/outcome';
import { examples } from './createRollbackAction.examples';
import { inputSchemaOf, parseInput } from './inputs';
import { summaryOf } from './moveSummary';
import type { PodIdentityActionOptions } from './options';
import { logNewWarnings, record } from './outputs';

const result = rollbackResultSchema.shape;

/**
 * `eks:pod-identity:rollback`: takes a service account that was moved back to IRSA.
 *
 * @public
 */
export function createRollbackAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:rollback',
    description:
      'Takes a Kubernetes service account that this portal moved to EKS Pod Identity back to IRSA: deletes the association, waits until every API server hands out IRSA again, and restarts its workloads. Where IRSA does not come back in time, the association is made again.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf(rollbackInputShape),
      output: {
        gone: () =>
          result.gone.describe('Whether there is no association at the end'),
        changed: () => result.changed.describe('Whether anything was changed'),
        warnings: () =>
          result.warnings.describe('What its reader has to know, a text each'),
        plan: () =>
          z.record(z.unknown()).describe('The plan: what was to be done'),
        summary: () => z.string().describe('How it stands, as Markdown'),
      },
    },
    async handler(ctx) {
      const input: RollbackInput = parseInput(rollbackInputSchema, ctx.input);
      const operation = await followOperation(options, ctx, {
        kind: 'rollback',
        input: ctx.isDryRun ? { ...input, planOnly: true } : input,
      });
      const done = resultOf('rollback', operation);
      logNewWarnings(ctx.logger, done);
      const { lines, markdown } = summaryOf(operation.ref, done);
      for (const line of lines) ctx.logger.info(line);
      ctx.output('gone', done.gone);
      ctx.output('changed', done.changed);
      ctx.output('warnings', done.warnings);
      ctx.output('plan', record(done.plan));
      ctx.output('summary', markdown);
    },
  });
}
