/**
 * The EC2 client's package, loaded when it is first asked for: that takes half a second and 60 MB of memory, more
 * than the other three clients together, and most portals never need it.
 *
 * It is `require`, since this package is built as CommonJS and jest knows no `import()`.
 */
export function ec2Package(): typeof import('@aws-sdk/client-ec2') {
  // eslint-disable-next-line global-require
  return require('@aws-sdk/client-ec2');
}
