import { hashOf } from '../framework/canonical';
import { requestKey } from './requestKey';

const ref = { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' };

// Reports and operations of earlier versions are found by these hashes.
describe('stored hashes', () => {
  it('do not change', () => {
    expect(requestKey({ ref })).toBe(
      'b083b5bc34b3a6981edd346ead547b1a260a31c93714ff7785b74b5125ea1696',
    );
    expect(
      requestKey({
        ref,
        probe: 'none',
        expectedRoleArn: 'arn:aws:iam::111122223333:role/api',
        permissionChecks: [{ name: 's3', command: ['s3', 'ls'] }],
      }),
    ).toBe('128460e75fb60aa1848089d50af4d1ba99dc405cba821a75edda766d62de7548');
    expect(
      hashOf({
        b: [1, undefined, { d: undefined, c: null }],
        a: { '10': 1, '9': 2, z: 'é' },
      }),
    ).toBe('ce91bbc830d550ce7383b63db53cb493c70bc9aa289c3014500c5b06a3047eec');
    expect(
      hashOf({ ...JSON.parse('{"__proto__":{"y":1}}'), at: new Date(0) }),
    ).toBe('3b92ac4ca6b54b84b5446ab5e705cac141f3245837d5d7ec0bccb6c47d31d99a');
  });

  it('are equal for equal values, in any key order', () => {
    expect(hashOf({ a: 1, b: { c: 2, d: [3] } })).toBe(
      hashOf({ b: { d: [3], c: 2 }, a: 1, e: undefined }),
    );
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    expect(requestKey({ ref })).toBe(
      requestKey({
        ref,
        probe: 'pod',
        permissionChecks: [],
        perNodeGroup: false,
      }),
    );
    expect(requestKey({ ref })).not.toBe(
      requestKey({ ref, perNodeGroup: true }),
    );
  });
});
