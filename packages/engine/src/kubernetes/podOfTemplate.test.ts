import type { V1PodSpec } from './objects';
import { podOfTemplate } from './podOfTemplate';

const podOf = (volumes: object[], claims?: string[]) =>
  podOfTemplate(
    {
      template: {
        metadata: { labels: { app: 'db' } },
        spec: { containers: [], volumes } as unknown as V1PodSpec,
      },
      volumeClaimTemplates: claims?.map(name => ({ metadata: { name } })),
    },
    { name: 'db', namespace: 'shop', owners: undefined },
  );

describe('a pod of a template', () => {
  it('has its claims in the place of volumes of their names', () => {
    const settings = { name: 'settings', configMap: { name: 'db' } };
    const { spec } = podOf(
      [{ name: 'data', emptyDir: {} }, settings],
      ['data', 'logs'],
    );
    const claim = (name: string) => ({
      name,
      persistentVolumeClaim: { claimName: `${name}-db-0` },
    });
    expect(spec?.volumes).toEqual([claim('data'), claim('logs'), settings]);
  });

  it('has the volumes of the template where there are no claims', () => {
    const volumes = [{ name: 'data', emptyDir: {} }];
    expect(podOf(volumes).spec?.volumes).toEqual(volumes);
  });
});
