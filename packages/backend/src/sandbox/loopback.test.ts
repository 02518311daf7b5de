import { findEscapes } from './loopback';

describe('findEscapes', () => {
  it.each([
    'http://127.0.0.1:4566',
    'http://127.8.8.8:1',
    'http://localhost:4566',
    'http://aws.localhost:4566/',
    'http://[::1]:4566',
  ])('lets %s through', endpoint => {
    expect(findEscapes({ AWS_ENDPOINT_URL: endpoint })).toEqual([]);
  });

  it.each([
    ['https://eks.eu-west-1.amazonaws.com', 'eks.eu-west-1.amazonaws.com'],
    ['http://127.0.0.1.example.com', '127.0.0.1.example.com'],
    ['http://localhost.example.com', 'localhost.example.com'],
    ['http://10.0.0.1', '10.0.0.1'],
    ['http://user@example.com', 'example.com'],
  ])('refuses %s', (endpoint, host) => {
    expect(findEscapes({ AWS_ENDPOINT_URL: endpoint })).toEqual([
      `AWS_ENDPOINT_URL points to ${host}, which is not this machine`,
    ]);
  });

  it('refuses a missing endpoint, which is the real AWS', () => {
    expect(findEscapes({})).toEqual(['AWS_ENDPOINT_URL is not set']);
  });

  it('refuses an endpoint of one service beside a good general one', () => {
    expect(
      findEscapes({
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_ENDPOINT_URL_IAM: 'https://iam.amazonaws.com',
      }),
    ).toEqual([
      'AWS_ENDPOINT_URL_IAM points to iam.amazonaws.com, which is not this machine',
    ]);
  });

  it('refuses an environment that ignores the endpoint', () => {
    expect(
      findEscapes({
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true',
      }),
    ).toHaveLength(1);
  });
});
