import { createTemplateAction } from '@backstage/plugin-scaffolder-node';
import {
  escapeMarkdown,
  failureOf,
  firstBrokenHop,
  headline,
  type IdentityStatus,
  isGood,
  MAX_PERMISSION_CHECKS,
  policyTestNames,
  renderConclusionLines,
  renderReportMarkdown,
  VerificationReport,
  VerifyInput,
  verifyInputSchema,
  verifyInputShape,
  type VerifyResult,
  verifyResultSchema,
} from 'backstage-plugin-eks-pod-identity-common';
import { z } from 'zod/v3';
import { asAnswer, VerificationFailedError } from '../operation/errors';
import {
  followOperation,
  type FollowContext,
  undone,
} from '../operation/followOperation';
import { resultOf } from '../operation/outcome';
import { examples } from './createVerifyAction.examples';
import {
  findInputProblems,
  inputSchemaOf,
  parseInput,
  splitUndo,
  undoShape,
} from './inputs';
import type { PodIdentityActionOptions } from './options';
import { record } from './outputs';
import { describeVerification } from './describeVerification';

const result = verifyResultSchema.shape;

/** A failed task shows a single message: the verdict, the first action and the address of the report. */
function failureMessage(report: VerificationReport, address: string): string {
  const fix = firstBrokenHop(report)?.fix?.actions[0];
  return [headline(report), fix, `Report: ${address}`]
    .filter(Boolean)
    .join(' ');
}

/** The page without the report, so that it shows the newest; from the root of the app, so that it opens inside it. */
function identityPath(page: string, appUrl: string | undefined): string {
  const url = new URL(page);
  url.searchParams.delete('report');
  const base = appUrl?.replace(/(?<!\/)\/+$/, '');
  return base && url.href.startsWith(`${base}/`)
    ? url.href.slice(base.length)
    : url.href;
}

/** Suggested names, and who changed the identity, are for the initiator only; everyone who may read the task sees its outputs. */
export function forReadersOfTask(
  report: VerificationReport,
): VerificationReport {
  const { changes } = report;
  return {
    ...report,
    checks: report.checks.map(({ nearby: _, ...check }) => check),
    ...(changes && {
      changes: {
        ...changes,
        events: changes.events.map(({ by: _, ...event }) => event),
      },
    }),
  };
}

const checked = ({ checks }: VerificationReport) =>
  checks.filter(
    ({ id }) => id.startsWith('permissions.') && id !== 'permissions.observed',
  ).length;

/** A sentence on the policies that were to be tested and have no permission check in the report. */
function untestedPolicies(
  { managedPolicyArns = [] }: VerifyInput,
  report: VerificationReport,
): string | undefined {
  const untested = [...policyTestNames(managedPolicyArns)]
    .filter(
      ([, name]) =>
        !report.checks.some(({ id }) => id === `permissions.${name}`),
    )
    .map(([arn]) => arn);
  if (untested.length === 0) return undefined;
  const it = untested.length > 1 ? 'them' : 'it';
  const full =
    checked(report) < MAX_PERMISSION_CHECKS
      ? ''
      : ', or one pod cannot try more';
  return `The permissions of ${untested.join(
    ', ',
  )} were not tested: the portal has no test for ${it}${full}. Ask the platform team to add one (guardrails.probe.policyTests)`;
}

/** What the conclusion needs of an action's context. */
interface Conclusion {
  logger: FollowContext['logger'];
  output(name: string, value: unknown): void;
}

/** With `tryAgain` the action verifies again after these. */
const UNANSWERED: IdentityStatus[] = ['could-not-check', 'setting-up'];

/** Says what the verification found, in the log and the outputs; answers with the failure where `failOn` says so. */
async function conclude(
  ctx: Conclusion,
  done: VerifyResult,
  input: VerifyInput,
  options: PodIdentityActionOptions,
): Promise<VerificationFailedError | undefined> {
  const { report } = done;
  // The page of the report if the portal has one, else its JSON
  const page = done.links[0]?.url;
  const address =
    page ??
    `${await options.discovery.getExternalBaseUrl(
      'eks-pod-identity',
    )}/v1/reports/${report.id}`;

  const fails = failureOf(done.status, input.failOn) !== undefined;
  const good = isGood(done.status);
  let level: 'info' | 'warn' | 'error' = good ? 'info' : 'warn';
  if (fails) level = 'error';
  const lines = renderConclusionLines(report, {
    verifyAgain: page
      ? `Then verify again: run the template once more, or choose "Verify now" on ${page}`
      : 'Then verify again: run the template once more',
    byTitle: true,
  });
  for (const line of lines) {
    if (line) ctx.logger[level](line);
  }
  const untested = untestedPolicies(input, report);
  if (untested) ctx.logger.warn(untested);
  if (good || !page) ctx.logger[level](`Report: ${address}`);

  ctx.output('status', done.status);
  ctx.output('proof', done.proof);
  if (done.callerArn) ctx.output('callerArn', done.callerArn);
  ctx.output('passed', done.passed);
  ctx.output('failed', done.failed);
  ctx.output('report', record(forReadersOfTask(report)));
  const markdown = renderReportMarkdown(report, {
    verifyAgain: page
      ? `Then verify again: run the template once more, or choose "Verify now" on [the page of this identity](${page})`
      : 'Then verify again: run the template once more',
  });
  ctx.output(
    'summary',
    untested ? `${markdown}\n\n${escapeMarkdown(untested)}.` : markdown,
  );
  ctx.output('reportUrl', address);
  if (page) ctx.output('identityPath', identityPath(page, options.appUrl));

  return fails
    ? asAnswer(
        new VerificationFailedError(
          done.status,
          failureMessage(report, address),
        ),
      )
    : undefined;
}

/**
 * `eks:pod-identity:verify`: proves that pods of a service account obtain their AWS identity, or says why they do not.
 *
 * @public
 */
export function createVerifyAction(options: PodIdentityActionOptions) {
  return createTemplateAction({
    id: 'eks:pod-identity:verify',
    description:
      'Proves that a pod of a Kubernetes service account really obtains its AWS identity: checks every hop, runs a short-lived pod, and tries read-only AWS commands with its credentials. Says which hop is broken and how to fix it.',
    examples,
    supportsDryRun: true,
    schema: {
      input: inputSchemaOf({
        ...verifyInputShape,
        ...undoShape,
        tryAgain: z
          .boolean()
          .optional()
          .describe(
            'Verify once more if the first time gave no answer; default false',
          ),
      }),
      output: {
        status: () =>
          result.status.describe('The verdict over new pods and running ones'),
        proof: () =>
          result.proof.describe('credentials if a pod really obtained them'),
        callerArn: () =>
          result.callerArn.describe('Identity of the pod according to STS'),
        passed: () => result.passed.describe('How many checks passed'),
        failed: () => result.failed.describe('How many checks failed'),
        report: () =>
          z.record(z.unknown()).describe('Every check with its evidence'),
        summary: () => z.string().describe('The report as Markdown'),
        reportUrl: () =>
          z.string().describe('Where the stored report can be read'),
        identityPath: () =>
          z
            .string()
            .optional()
            .describe(
              'Page of the identity below the address of the app: the tab of its component, or the fleet page where that has none',
            ),
      },
    },
    async handler(ctx) {
      const { tryAgain, ...rest } = ctx.input;
      const { undoWhenCancelled, undoWhenFailed, ...asked } = splitUndo(rest);
      if (ctx.isDryRun) {
        const problems = findInputProblems(verifyInputSchema, asked.input);
        const lines = describeVerification(asked.input as VerifyInput);
        for (const problem of problems) {
          ctx.logger.warn(`The real run would refuse this: ${problem}`);
        }
        for (const line of lines) ctx.logger.info(line);
        ctx.output('status', 'could-not-check');
        ctx.output('proof', 'none');
        ctx.output('passed', 0);
        ctx.output('failed', 0);
        ctx.output('summary', lines.map(escapeMarkdown).join('\n'));
        return;
      }

      const input: VerifyInput = parseInput(verifyInputSchema, asked.input);
      const start = { kind: 'verify' as const, input };
      const verify = async (context: FollowContext) =>
        resultOf(
          'verify',
          await followOperation(options, context, start, { undoWhenCancelled }),
        );
      let done = await verify(ctx);
      if (tryAgain && UNANSWERED.includes(done.status)) {
        ctx.logger.warn(`${headline(done.report)} Verifying again.`);
        done = await verify({
          ...ctx,
          // Part of the key by which a restarted scaffolder finds the operation, which may cut its end
          step: { id: `again:${ctx.step?.id ?? 'verify'}` },
        });
      }
      const failure = await conclude(ctx, done, input, options);
      if (!failure) return;
      // What could not be tested may well work
      throw undoWhenFailed && failure.status === 'broken'
        ? await undone(failure, options.podIdentity, ctx, start)
        : failure;
    },
  });
}
