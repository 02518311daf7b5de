/**
 * What takes long to load, loaded on first use: the version and the help of the program need none of it. Nothing else may
 * import values from these packages.
 */
/* eslint-disable global-require */
export const libraries = {
  get engine(): typeof import('eks-pod-identity-engine') {
    return require('eks-pod-identity-engine');
  },
  get common(): typeof import('backstage-plugin-eks-pod-identity-common') {
    return require('backstage-plugin-eks-pod-identity-common');
  },
  get config(): typeof import('@backstage/config') {
    return require('@backstage/config');
  },
  get zodToJsonSchema(): typeof import('zod-to-json-schema').zodToJsonSchema {
    return require('zod-to-json-schema').zodToJsonSchema;
  },
  get marked(): typeof import('marked').marked {
    return require('marked').marked;
  },
  get wrapAnsi(): typeof import('wrap-ansi') {
    return require('wrap-ansi');
  },
  get yaml(): typeof import('yaml') {
    return require('yaml');
  },
};
