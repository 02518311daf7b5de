import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityChecksExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';

interface Statement {
  Effect: string;
  Action?: string | string[];
  NotAction?: string | string[];
}

/** IAM lets a list of one be written without brackets. */
const list = <T>(value: T | T[]) => [value].flat() as T[];

const isWide = ({ Effect, Action = [], NotAction }: Statement) =>
  Effect === 'Allow' &&
  (NotAction !== undefined || list(Action).some(one => /[*?]/.test(one)));

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'wildcard-check',
  register(env) {
    env.registerInit({
      deps: { checks: podIdentityChecksExtensionPoint },
      async init({ checks }) {
        checks.addCheck({
          id: 'role.wildcards',
          category: 'role',
          title: 'Actions of the inline policies',
          docsUrl: 'https://wiki.example.com/aws/roles#wildcards',
          dependsOn: ['role.exists'],
          reads: ['inlinePolicies'],
          evaluate: ({ role }) => {
            const wide = (role?.inlinePolicies ?? []).filter(({ document }) =>
              list((document as { Statement: Statement[] }).Statement).some(
                isWide,
              ),
            );
            return wide.length === 0
              ? { status: 'pass', message: 'Every action has its full name' }
              : {
                  status: 'warn',
                  message: `${role?.name} allows actions by a pattern in its inline policies`,
                  observed: wide.map(({ name }) => name).join(', '),
                  fix: {
                    cause: 'New actions of AWS would be allowed too',
                    actions: [
                      role?.madeBy?.by === 'tag'
                        ? `Name the actions, in the code of ${role.madeBy.tool}`
                        : 'Name the actions',
                    ],
                  },
                };
          },
        });
      },
    });
  },
});
