import { createBackendModule } from '@backstage/backend-plugin-api';
import { podIdentityChecksExtensionPoint } from 'backstage-plugin-eks-pod-identity-node';

export default createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'max-session-check',
  register(env) {
    env.registerInit({
      deps: { checks: podIdentityChecksExtensionPoint },
      async init({ checks }) {
        checks.addCheck({
          id: 'role.max-session',
          category: 'role',
          title: 'Session duration',
          docsUrl: 'https://wiki.example.com/aws/roles#sessions',
          dependsOn: ['role.exists'],
          evaluate: ({ role }) => {
            const hours = (role?.maxSessionDurationSeconds ?? 3600) / 3600;
            return hours <= 1
              ? { status: 'pass', message: 'Sessions end after an hour' }
              : {
                  status: 'warn',
                  message: `Sessions of this role may last ${hours} hours`,
                  expected: 'at most 1 hour',
                  observed: `${hours} hours`,
                  fix: {
                    cause: 'The role was made with a longer session',
                    actions: [`Shorten the sessions of ${role?.name}`],
                  },
                };
          },
        });
      },
    });
  },
});
