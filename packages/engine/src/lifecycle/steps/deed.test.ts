import { deed } from './deed';

it('says what a step does, and what it did', () => {
  expect(deed('attach', 'AmazonS3ReadOnlyAccess to api')).toEqual({
    does: 'attach AmazonS3ReadOnlyAccess to api',
    did: 'Attached AmazonS3ReadOnlyAccess to api',
  });
});
