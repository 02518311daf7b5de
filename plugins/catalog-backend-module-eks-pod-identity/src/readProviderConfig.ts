import {
  readSchedulerServiceTaskScheduleDefinitionFromConfig,
  type SchedulerServiceTaskScheduleDefinition,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import type { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import type { EntityOptions } from './entities';

const SECTION = 'catalog.providers.eksPodIdentity';

/** Each run reads the records of the portal, and neither AWS nor Kubernetes. */
const SCHEDULE: SchedulerServiceTaskScheduleDefinition = {
  frequency: { minutes: 10 },
  timeout: { minutes: 5 },
  initialDelay: { seconds: 15 },
};

interface ProviderConfig extends EntityOptions {
  schedule: SchedulerServiceTaskScheduleDefinition;
}

/**
 * Undefined where the section is missing, which leaves the provider off.
 *
 * @throws InputError when the owner is not an entity ref
 */
export function readProviderConfig(config: Config): ProviderConfig | undefined {
  const section = config.getOptionalConfig(SECTION);
  if (!section) return undefined;
  const schedule = section.getOptionalConfig('schedule');
  return {
    owner: entityRef(section.getString('owner')),
    showRoleNames: section.getOptionalBoolean('showRoleNames') ?? false,
    schedule: schedule
      ? readSchedulerServiceTaskScheduleDefinitionFromConfig(schedule)
      : SCHEDULE,
  };
}

function entityRef(text: string): string {
  try {
    const defaults = { defaultKind: 'group', defaultNamespace: 'default' };
    return stringifyEntityRef(parseEntityRef(text, defaults));
  } catch (error) {
    throw new InputError(
      `Configuration is wrong: ${SECTION}.owner must be a group or user, such as group:default/platform`,
      error,
    );
  }
}
