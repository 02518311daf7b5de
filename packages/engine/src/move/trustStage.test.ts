import { rehearsalName } from './trustStage';

const subdomain =
  /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

it('names the service account of a rehearsal after its own', () => {
  expect(rehearsalName('api')).toBe('api-move-rehearsal');
});

it.each(['a', 'a.', 'a-'])(
  'keeps those of long names apart, and names of Kubernetes: %s',
  part => {
    const long = part.repeat(253).slice(0, 252);
    const names = [`${long}b`, `${long}c`].map(rehearsalName);
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(subdomain);
    }
  },
);
