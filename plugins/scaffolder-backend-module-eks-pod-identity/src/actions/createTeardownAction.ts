import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  Plan,
  TeardownInput,
  teardownInputSchema,
  teardownInputShape,
  TeardownResult,
  teardownResultSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import {
  clientFor,
  followOperation,
  withRequestErrors,
} from '../operation/followOperation';
import { logPlan } from '../operation/logEvent';
import { resultOf } from '../operation/outcome';
import { examples } from './createTeardownAction.examples';
import { inputSchemaOf, parseInput } from './inputs';
import type { PodIdentityActionOptions } from './options';
import { logNewWarnings, record } from './outputs';
import { renderTeardownMarkdown } from './teardownSummary';

const result = teardownResultSchema.shape;

/** What a plan would remove and keep, as a result lists it. */
function plannedOutcome(plan: Plan): Pick<TeardownResult, 'removed' | 'kept'> {
  return {
    removed: plan.steps
      .filter(step => step.change === 'delete')
      .map(({ resource: { kind, name } }) => ({ kind, name })),
    kept: plan.steps
      .filter(step => step.change === 'keep')
      .map(({ resource: { kind, name }, reason }) => ({ kind, name, reason })),
  };
}

/**
 * `eks:pod-identity:teardown`: removes an AWS identity.
 *
 * @public
 */
export function createTeardownAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:teardown',
    description:
      'Removes the AWS identity of a Kubernetes service account: the association, and the service account and role that this portal created for it. Keeps what others own or use, each with its reason. What is already gone counts as removed.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf(teardownInputShape),
      output: {
        removed: () => result.removed.describe('What was removed'),
        kept: () => result.kept.describe('What was kept, with the reason'),
        affectedWorkloads: () =>
          result.affectedWorkloads.describe('Workloads that lose access'),
        changed: () => result.changed.describe('Whether anything was changed'),
        plan: () =>
          z
            .record(z.unknown())
            .describe(
              'The plan: what was to be removed and what was to be kept',
            ),
        summary: () => z.string().describe('The same as Markdown'),
      },
    },
    async handler(ctx) {
      const input: TeardownInput = parseInput(teardownInputSchema, ctx.input);
      if (ctx.isDryRun) {
        const client = await clientFor(ctx, options.podIdentity);
        const plan = await withRequestErrors(() =>
          client.plan({
            kind: 'teardown',
            input,
            fresh: true,
            taskId: ctx.task.id,
          }),
        );
        logPlan(ctx.logger, plan);
        const { removed, kept } = plannedOutcome(plan);
        const affectedWorkloads = plan.affectedWorkloads ?? [];
        ctx.output('removed', removed);
        ctx.output('kept', kept);
        ctx.output('affectedWorkloads', affectedWorkloads);
        ctx.output('changed', false);
        ctx.output('plan', record(plan));
        ctx.output(
          'summary',
          renderTeardownMarkdown({
            ref: plan.ref,
            applied: false,
            removed,
            kept,
            affectedWorkloads,
            warnings: plan.warnings,
          }),
        );
        return;
      }

      const operation = await followOperation(options, ctx, {
        kind: 'teardown',
        input,
      });
      const done = resultOf('teardown', operation);
      logNewWarnings(ctx.logger, done);
      ctx.output('removed', done.removed);
      ctx.output('kept', done.kept);
      ctx.output('affectedWorkloads', done.affectedWorkloads);
      ctx.output('changed', done.changed);
      ctx.output('plan', record(done.plan));
      ctx.output(
        'summary',
        renderTeardownMarkdown({ ...done, ref: operation.ref }),
      );
    },
  });
}
