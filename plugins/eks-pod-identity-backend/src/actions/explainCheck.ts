import { NotFoundError } from '@backstage/errors';
import { podIdentityUsePermission } from 'backstage-plugin-eks-pod-identity-common';
import { CHECKS } from '../verification';
import type { ActionRooms } from './index';
import { READ_ONLY } from './readOnly';

export function registerExplainCheck(rooms: ActionRooms) {
  rooms.actionsRegistry.register({
    name: 'explain-check',
    title: 'Explain a check of an AWS identity',
    description: `Says what a check of a verification report asks and where it is documented, by its id such as role.trust-policy. Without an id it lists all checks.`,
    schema: {
      input: z =>
        z.object({
          id: z
            .string()
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
              docs: z.string(),
            }),
          ),
        }),
    },
    attributes: READ_ONLY,
    visibilityPermission: podIdentityUsePermission,
    action: async ({ input }) => {
      const found = CHECKS.filter(
        check =>
          !input.id ||
          check.id === input.id ||
          // A report has one result for each command: permissions.list-buckets.
          (check.id.split('.')[0] + input.id.slice(input.id.indexOf('.')) ===
            input.id &&
            check.id.startsWith('permissions.')),
      );
      if (found.length === 0) {
        throw new NotFoundError(
          `There is no check ${input.id}; the checks are ${CHECKS.map(
            check => check.id,
          ).join(', ')}`,
        );
      }
      return {
        output: {
          checks: found.map(({ id, category, title, question, anchor }) => ({
            id,
            category,
            title,
            question,
            docs: `docs/checks.md#${anchor}`,
          })),
        },
      };
    },
  });
}
