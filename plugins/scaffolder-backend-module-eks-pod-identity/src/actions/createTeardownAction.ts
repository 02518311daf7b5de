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
  asking,
  clientFor,
  followOperation,
} from '../operation/followOperation';
import { logPlan } from '../operation/logEvent';
import { resultOf } from '../operation/outcome';
import { examples } from './createTeardownAction.examples';
import { inputSchemaOf, parseInput } from './inputs';
import type { PodIdentityActionOptions } from './options';
import { logNewWarnings, record } from './outputs';
import { renderTeardownMarkdown } from './teardownSummary';

const result = teardownResultSchema.shape;

/** What a plan would take away and leave, in the words of a result. */
function foreseen(plan: Plan): Pick<TeardownResult, 'removed' | 'kept'> {
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
 * `eks:pod-identity:teardown`: takes an AWS identity away again.
 *
 * @public
 */
export function createTeardownAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:teardown',
    description:
      'Takes away the AWS identity of a Kubernetes ServiceAccount: the association, and the ServiceAccount and role that this portal created for it. What others own or use stays, each with its reason. What is already gone is a success.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf(teardownInputShape),
      output: {
        removed: () => result.removed.describe('What was taken away'),
        kept: () => result.kept.describe('What stays, with the reason'),
        affectedWorkloads: () =>
          result.affectedWorkloads.describe('Workloads that lose access'),
        changed: () => result.changed.describe('Whether anything was changed'),
        plan: () =>
          z.record(z.unknown()).describe('What was to go and what was to stay'),
        summary: () => z.string().describe('The same as Markdown'),
      },
    },
    async handler(ctx) {
      const input: TeardownInput = parseInput(teardownInputSchema, ctx.input);
      if (ctx.isDryRun) {
        const client = await clientFor(ctx, options.podIdentity);
        const plan = await asking(() =>
          client.plan({
            kind: 'teardown',
            input,
            fresh: true,
            taskId: ctx.task.id,
          }),
        );
        logPlan(ctx.logger, plan);
        const { removed, kept } = foreseen(plan);
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

      const operation = await followOperation(options.podIdentity, ctx, {
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
