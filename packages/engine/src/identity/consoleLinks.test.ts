import { consoleLinks } from './consoleLinks';

const cluster = (partition: string, region: string) => ({
  name: 'prod',
  partition,
  region,
});

describe('consoleLinks', () => {
  it.each([
    ['aws', 'eu-west-1', 'console.aws.amazon.com'],
    ['aws-cn', 'cn-north-1', 'console.amazonaws.cn'],
    ['aws-us-gov', 'us-gov-west-1', 'console.amazonaws-us-gov.com'],
    ['aws-eusc', 'eusc-de-east-1', 'console.amazonaws-eusc.eu'],
  ])('open the console of %s', (partition, region, host) => {
    const links = consoleLinks(cluster(partition, region));
    expect(links.cluster).toBe(
      `https://${region}.${host}/eks/clusters/prod?region=${region}`,
    );
    expect(links.association).toBe(
      `https://${region}.${host}/eks/clusters/prod?region=${region}&selectedTab=cluster-access-tab`,
    );
    expect(links.role(`arn:${partition}:iam::1:role/path/api`)).toBe(
      `https://${host}/iam/home#/roles/details/api`,
    );
  });

  it('are absent where the partition has no public console', () => {
    const links = consoleLinks(cluster('aws-iso', 'us-iso-east-1'));
    expect(links.cluster).toBeUndefined();
    expect(links.association).toBeUndefined();
    expect(links.role('arn:aws-iso:iam::1:role/api')).toBeUndefined();
  });
});
