import { SchedulerServiceTaskScheduleDefinitionConfig } from '@backstage/backend-plugin-api';

export interface Config {
  catalog?: {
    providers?: {
      /** AWS identities of EKS service accounts as entities of the catalog. Without this section there are none. */
      eksPodIdentity?: {
        /**
         * Owner of every entity whose component AWS does not name by a tag: a group or user, `group:default/platform`.
         * What only an annotation links to a component belongs to this owner too, since everybody can write one.
         */
        owner: string;
        /**
         * Also makes an entity of each role and target role, by its name. Everybody who reads the catalog then sees the
         * names of the roles, and which identities share one. Default: false.
         */
        showRoleNames?: boolean;
        /** When the identities are read. Default: every 10 minutes, for at most 5. */
        schedule?: SchedulerServiceTaskScheduleDefinitionConfig;
      };
    };
  };
}
