import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { catalogPage } from './page';

export const catalogModule = createFrontendModule({
  pluginId: 'catalog',
  extensions: [catalogPage],
});
