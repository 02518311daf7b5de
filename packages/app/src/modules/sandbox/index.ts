import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SandboxBannerElement } from './SandboxBanner';

export const sandboxModule = createFrontendModule({
  pluginId: 'app',
  extensions: [SandboxBannerElement],
});
