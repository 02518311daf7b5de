import { createApp } from '@backstage/frontend-defaults';
import { navModule } from './modules/nav';
import { sandboxModule } from './modules/sandbox';
import { signInModule } from './modules/signIn';

/** Every plugin among the dependencies is found by itself (`app.packages: all`); only what is this portal's own is named. */
export default createApp({
  features: [navModule, signInModule, sandboxModule],
});
