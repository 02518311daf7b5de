import {
  endpointServiceNames,
  isRegion,
  partitionOfRegion,
  regionOfIam,
  regionOfGlobalSts,
  stsHost,
} from './partition';

describe('endpointServiceNames', () => {
  it.each<[string, string[]]>([
    ['eu-west-1', ['com.amazonaws.eu-west-1.sts']],
    ['us-gov-east-1', ['com.amazonaws.us-gov-east-1.sts']],
    [
      'cn-north-1',
      ['cn.com.amazonaws.cn-north-1.sts', 'com.amazonaws.cn-north-1.sts'],
    ],
    [
      'eusc-de-east-1',
      ['eu.amazonaws.eusc-de-east-1.sts', 'com.amazonaws.eusc-de-east-1.sts'],
    ],
    [
      'us-iso-east-1',
      ['gov.ic.c2s.us-iso-east-1.sts', 'com.amazonaws.us-iso-east-1.sts'],
    ],
  ])('%s', (region, names) => {
    expect(endpointServiceNames(region, 'sts')).toEqual(names);
  });
});

it.each([
  ['eu-central-1', 'us-east-1'],
  ['cn-northwest-1', 'cn-north-1'],
  ['us-gov-east-1', 'us-gov-west-1'],
  ['eusc-de-east-1', 'eusc-de-east-1'],
])('calls to IAM of a cluster in %s are in %s', (region, home) => {
  expect(regionOfIam(region)).toBe(home);
});

describe('partitionOfRegion and stsHost', () => {
  it.each([
    ['eu-west-1', 'aws', 'sts.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', 'aws-us-gov', 'sts.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'aws-cn', 'sts.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'aws-eusc', 'sts.eusc-de-east-1.amazonaws.eu'],
    ['us-isob-east-1', 'aws-iso-b', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'aws-iso-e', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ])('%s', (region, partition, host) => {
    expect(isRegion(region)).toBe(true);
    expect(partitionOfRegion(region)).toBe(partition);
    expect(stsHost(region)).toBe(host);
  });

  it.each([
    ['aws', 'us-east-1'],
    ['aws-us-gov', undefined],
    ['aws-cn', undefined],
    ['aws-eusc', undefined],
  ])('of %s the global endpoint of STS is recorded in %s', (name, region) => {
    expect(regionOfGlobalSts(name)).toBe(region);
  });

  it.each(['Ireland', 'eu-west', 'eu-west-1a', 'europe-west1', ''])(
    'does not accept %j as a region',
    text => {
      expect(isRegion(text)).toBe(false);
    },
  );
});
