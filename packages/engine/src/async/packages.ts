/**
 * Packages that take long to load, each loaded on first use, so that a portal starts about as fast with the engine as
 * without it. Most portals never need EC2's, which alone takes half a second and 60 MB, or CloudTrail's. The first sweep, soon after the
 * start, loads the others before a person needs them.
 *
 * Uses `require` because this package is built as CommonJS and jest does not support `import()`.
 */
/* eslint-disable global-require */
export const packages = {
  get cloudtrail(): typeof import('@aws-sdk/client-cloudtrail') {
    return require('@aws-sdk/client-cloudtrail');
  },
  get ec2(): typeof import('@aws-sdk/client-ec2') {
    return require('@aws-sdk/client-ec2');
  },
  get eks(): typeof import('@aws-sdk/client-eks') {
    return require('@aws-sdk/client-eks');
  },
  get iam(): typeof import('@aws-sdk/client-iam') {
    return require('@aws-sdk/client-iam');
  },
  get sts(): typeof import('@aws-sdk/client-sts') {
    return require('@aws-sdk/client-sts');
  },
  get kubernetes(): typeof import('@kubernetes/client-node') {
    return require('@kubernetes/client-node');
  },
  get undici(): typeof import('undici') {
    return require('undici');
  },
};
