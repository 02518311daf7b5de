import { isError } from '@backstage/errors';
import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  AssociateInput,
  associateInputSchema,
  associateInputShape,
  AssociateResult,
  associateResultSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import {
  clientFor,
  followOperation,
  undone,
  withRequestErrors,
} from '../operation/followOperation';
import { logPlan } from '../operation/logEvent';
import { resultOf } from '../operation/outcome';
import { examples } from './createAssociateAction.examples';
import { inputSchemaOf, parseInput, splitUndo, undoShape } from './inputs';
import type { PodIdentityActionOptions } from './options';
import { logNewWarnings, plain, record } from './outputs';

const result = associateResultSchema.shape;

const output = {
  roleArn: result.roleArn.describe('ARN of the role of the association'),
  effectiveRoleArn: result.effectiveRoleArn.describe(
    'ARN of the role that a pod obtains: the target role if there is one, else the role',
  ),
  roleName: result.roleName.describe('Name of the role'),
  associationId: result.associationId.describe('Id of the association'),
  associationArn: result.associationArn.describe('ARN of the association'),
  externalId: result.externalId.describe(
    'External id that the trust policy of the target role may require',
  ),
  clusterName: result.clusterName.describe('Id of the cluster in the portal'),
  eksClusterName: result.eksClusterName
    .optional()
    .describe('Name of the cluster in EKS'),
  namespace: result.namespace.describe('Kubernetes namespace'),
  serviceAccount: result.serviceAccount.describe('Kubernetes service account'),
  serviceAccountManifest: result.serviceAccountManifest
    .optional()
    .describe('YAML of the service account, for teams that commit their own'),
  targetTrustPolicy: result.targetTrustPolicy.describe(
    'Trust statement that the owner of the target role has to add, JSON',
  ),
  effective: result.effective
    .optional()
    .describe('Whether new pods receive the identity: yes, no or unknown'),
  effectiveAfterSeconds: result.effectiveAfterSeconds.describe(
    'How long it took until new pods received the identity',
  ),
  plan: z
    .record(z.unknown())
    .describe('The plan: what was to be changed and what was to be kept'),
  changed: result.changed.describe('Whether anything was changed'),
  links: result.links
    .optional()
    .describe('AWS console pages of cluster, role and association'),
};

/**
 * `eks:pod-identity:associate`: gives a service account an AWS identity.
 *
 * @public
 */
export function createAssociateAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:associate',
    description:
      'Gives the workloads of a Kubernetes service account an AWS identity with EKS Pod Identity: creates a role or uses an existing one, associates it, creates the service account, installs the agent if that is allowed, and waits until new pods receive the identity. Running it again changes nothing.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf({ ...associateInputShape, ...undoShape }),
      output: Object.fromEntries(
        Object.entries(output).map(([key, type]) => [key, () => type]),
      ) as { [K in keyof typeof output]: () => (typeof output)[K] },
    },
    async handler(ctx) {
      const { undoWhenCancelled, undoWhenFailed, ...asked } = splitUndo(
        ctx.input,
      );
      const input: AssociateInput = parseInput(
        associateInputSchema,
        asked.input,
      );
      if (ctx.isDryRun) {
        const client = await clientFor(ctx, options.podIdentity);
        const plan = await withRequestErrors(() =>
          client.plan({ kind: 'associate', input, fresh: true }),
        );
        logPlan(ctx.logger, plan);
        ctx.output('clusterName', input.clusterName);
        ctx.output('namespace', input.namespace);
        ctx.output('serviceAccount', input.serviceAccount);
        ctx.output('changed', false);
        ctx.output('plan', record(plan));
        return;
      }

      const start = { kind: 'associate' as const, input };
      const ended = await followOperation(options, ctx, start, {
        undoWhenCancelled,
      });
      let done: AssociateResult;
      try {
        done = resultOf('associate', ended);
      } catch (error) {
        // Only an operation that has ended: what was refused made nothing, and what cannot be followed may go on
        throw undoWhenFailed && ended.state !== 'succeeded' && isError(error)
          ? await undone(error, options.podIdentity, ctx, start)
          : error;
      }
      logNewWarnings(ctx.logger, done);
      const found = { ...done, plan: record(done.plan) };
      for (const key of Object.keys(output) as Array<keyof typeof output>) {
        if (found[key] !== undefined) ctx.output(key, plain(found[key]));
      }
    },
  });
}
