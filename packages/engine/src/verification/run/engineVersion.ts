import { version } from '../../../package.json';

/** Version of this package, as reports name it. */
export const ENGINE_VERSION: string = version;
