import { createApp } from '@backstage/frontend-defaults';
import { catalogModule } from './modules/catalog';
import { homeModule } from './modules/home';
import { navModule } from './modules/nav';
import { notificationsModule } from './modules/notifications';
import { sandboxModule } from './modules/sandbox';
import { signInModule } from './modules/signIn';

/** Plugins are discovered from the dependencies (`app.packages: all`); only this portal's own modules are listed. */
export default createApp({
  features: [
    catalogModule,
    homeModule,
    navModule,
    notificationsModule,
    signInModule,
    sandboxModule,
  ],
});
