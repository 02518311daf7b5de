/**
 * The EC2 client's package, loaded on first use: it takes half a second and 60 MB of memory, more than the other
 * three clients together, and most portals never need it.
 *
 * Uses `require` because this package is built as CommonJS and jest does not support `import()`.
 */
export function ec2Package(): typeof import('@aws-sdk/client-ec2') {
  // eslint-disable-next-line global-require
  return require('@aws-sdk/client-ec2');
}
