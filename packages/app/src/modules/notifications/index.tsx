import {
  createFrontendModule,
  SubPageBlueprint,
} from '@backstage/frontend-plugin-api';

/** Where users mute what they do not want to hear of. */
const settings = SubPageBlueprint.make({
  name: 'notifications',
  params: {
    path: 'notifications',
    title: 'Notifications',
    loader: async () => {
      const { UserNotificationSettingsCard } = await import(
        '@backstage/plugin-notifications'
      );
      return (
        <UserNotificationSettingsCard
          originNames={{ 'plugin:eks-pod-identity': 'AWS identities' }}
        />
      );
    },
  },
});

export const notificationsModule = createFrontendModule({
  pluginId: 'user-settings',
  extensions: [settings],
});
