/** A backend of its own process, for tests that kill it. Configuration comes with `--config`. */
import { createBackend } from '@backstage/backend-defaults';
import eksPodIdentityPlugin from '../index';

const backend = createBackend();
backend.add(eksPodIdentityPlugin);
backend.start();
