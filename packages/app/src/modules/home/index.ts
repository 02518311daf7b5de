import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { homePage } from './page';

export const homeModule = createFrontendModule({
  pluginId: 'app',
  extensions: [homePage],
});
