import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { findEscapes } from './loopback';

/**
 * Refuses to start a portal that is labelled as a sandbox if its AWS calls could reach a real account.
 *
 * A module is initialised before its plugin, so the plugin has not run when this throws.
 */
export const sandboxGuardModule = createBackendModule({
  pluginId: 'eks-pod-identity',
  moduleId: 'sandbox-guard',
  register(env) {
    env.registerInit({
      deps: { config: coreServices.rootConfig, logger: coreServices.logger },
      async init({ config, logger }) {
        if (!config.getOptionalBoolean('sandbox.enabled')) return;
        const problems = findEscapes(process.env);
        if (problems.length > 0) {
          throw new Error(
            `This portal's configuration says sandbox.enabled: true, but its AWS calls could leave this machine: ${problems.join(
              '; ',
            )}. Start it with "npm start", or start the sandbox with "yarn sandbox" and run "source .sandbox/env" first. For real AWS accounts use app-config.aws.yaml.`,
          );
        }
        logger.info(
          `Sandbox account: every AWS call goes to ${process.env.AWS_ENDPOINT_URL}`,
        );
      },
    });
  },
});
