import { endpointServiceNames } from './partition';

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
