import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  MigrateInput,
  migrateInputSchema,
  migrateInputShape,
  migrateResultSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { followOperation } from '../operation/followOperation';
import { resultOf } from '../operation/outcome';
import { examples } from './createMigrateAction.examples';
import { inputSchemaOf, parseInput } from './inputs';
import { summaryOf } from './moveSummary';
import type { PodIdentityActionOptions } from './options';
import { logNewWarnings, record } from './outputs';

const result = migrateResultSchema.shape;

/**
 * `eks:pod-identity:migrate`: moves a service account from IRSA to Pod Identity.
 *
 * @public
 */
export function createMigrateAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:migrate',
    description:
      'Moves a Kubernetes service account from IRSA to EKS Pod Identity with the same role: rehearses it, or goes on to make the association and restarts one workload after the other, each proven or confirmed before the next. Running it again goes on where it stands. Of one that is moved it takes IRSA out of the role, where the portal edits its trust policy. A move that fails goes back to IRSA. Where the portal edits the trust policy of the role, it adds a statement there, also for a rehearsal.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf(migrateInputShape),
      output: {
        state: () =>
          result.state.describe(
            'How far it is: planned (nothing was done), rehearsed, moving (it waits), moved, or finished (the role lets it in by Pod Identity alone)',
          ),
        toConfirm: () =>
          result.toConfirm.describe(
            'Workloads, such as "Deployment api", that you have to confirm before the move goes on, because CloudTrail does not show that they obtained the role',
          ),
        roleArn: () =>
          result.roleArn.describe('ARN of the role, which stays the same'),
        changed: () => result.changed.describe('Whether anything was changed'),
        warnings: () =>
          result.warnings.describe('What its reader has to know, a text each'),
        plan: () =>
          z.record(z.unknown()).describe('The plan: what was to be done'),
        summary: () => z.string().describe('How it stands, as Markdown'),
      },
    },
    async handler(ctx) {
      const input: MigrateInput = parseInput(migrateInputSchema, ctx.input);
      const operation = await followOperation(options, ctx, {
        kind: 'migrate',
        input: ctx.isDryRun ? { ...input, planOnly: true } : input,
      });
      const done = resultOf('migrate', operation);
      logNewWarnings(ctx.logger, done);
      const { lines, isWaiting, markdown } = summaryOf(operation.ref, done);
      for (const line of lines) ctx.logger[isWaiting ? 'warn' : 'info'](line);
      ctx.output('state', done.state);
      ctx.output('toConfirm', done.toConfirm);
      ctx.output('roleArn', done.roleArn);
      ctx.output('changed', done.changed);
      ctx.output('warnings', done.warnings);
      ctx.output('plan', record(done.plan));
      ctx.output('summary', markdown);
    },
  });
}
