import { checksUrl } from './checksUrl';

it('is the page of the version, where the package says its address', () => {
  const name = 'eks-pod-identity';
  const homepage = 'https://github.com/example/suite#readme';
  expect(checksUrl({ name, version: '1.2.3', homepage })).toBe(
    'https://github.com/example/suite/blob/eks-pod-identity@1.2.3/packages/engine/docs/checks.md',
  );
  expect(checksUrl({ name, version: '1.2.3' })).toBeUndefined();
});
