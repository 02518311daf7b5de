import { NotFoundError } from '@backstage/errors';
import { podIdentityUsePermission } from 'backstage-plugin-eks-pod-identity-common';
import type { PodIdentityCheck } from 'backstage-plugin-eks-pod-identity-node';
import { CHECKS, explanationOf } from 'eks-pod-identity-engine';
import { docsUrlOf } from 'eks-pod-identity-engine/portal';
import { READ_ONLY } from './readOnly';
import type { ActionDeps } from './types';

/** One check, explained to a caller who has only its id. */
interface ExplainedCheck {
  id: string;
  category: string;
  title: string;
  question: string;
  docs: string;
  /** Markdown. */
  explanation?: string;
}

export function registerExplainCheck(deps: ActionDeps) {
  const all = [
    ...CHECKS.map(({ id, category, title, question, anchor }) => ({
      id,
      category,
      title,
      question,
      docs: docsUrlOf(deps.docsUrl, anchor),
      explanation: explanationOf(id),
    })),
    ...deps.additionalChecks.map(explainAddition),
  ];
  deps.actionsRegistry.register({
    name: 'explain-check',
    title: 'Explain a check of an AWS identity',
    description: `Says what a check of a verification report asks, what it means when the answer is not "pass", and how to fix it, by its id such as role.trust-policy. Checks that this portal's own modules add are among them.

Without an id it lists all checks with their questions, in the order of the path that a credential takes.

Use it to explain a finding of get-status or verify. Do not use it to learn how a particular identity is: it knows checks, not identities.`,
    schema: {
      input: z =>
        z.object({
          id: z
            .string()
            .max(200)
            .optional()
            .describe('Id of a check, such as role.trust-policy'),
        }),
      output: z =>
        z.object({
          checks: z.array(
            z.object({
              id: z.string(),
              category: z.string(),
              title: z.string(),
              question: z.string(),
              docs: z.string().describe('Where it is documented'),
              explanation: z
                .string()
                .optional()
                .describe(
                  'What a bad answer means and how to fix it, Markdown',
                ),
            }),
          ),
        }),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input: { id } }) => {
      if (!id) {
        return {
          output: {
            checks: all.map(({ explanation: _, ...check }) => check),
          },
        };
      }
      const check = find(all, id);
      if (!check) {
        throw new NotFoundError(
          `There is no check ${id}; the checks are ${all
            .map(each => each.id)
            .join(', ')}`,
        );
      }
      return { output: { checks: [check] } };
    },
  });
}

/** A report has one result for each command, such as permissions.list-buckets, where the docs have one section. */
function find(all: ExplainedCheck[], id: string): ExplainedCheck | undefined {
  return (
    all.find(check => check.id === id) ??
    (id.startsWith('permissions.')
      ? all.find(check => check.category === 'permissions')
      : undefined)
  );
}

function explainAddition({
  id,
  category,
  title,
  docsUrl,
}: PodIdentityCheck): ExplainedCheck {
  return { id, category, title, question: title, docs: docsUrl };
}
