import type { V1DaemonSet } from '../../kubernetes/objects';
import { cniFact } from './cni';

const set = (...env: object[]) =>
  ({
    spec: { template: { spec: { containers: [{ name: 'aws-node', env }] } } },
  } as V1DaemonSet);
const name = 'POD_SECURITY_GROUP_ENFORCING_MODE';

describe('the mode of the VPC CNI', () => {
  it.each([
    [undefined, null],
    [set(), { podSecurityGroups: 'strict' }],
    [set({ name, value: 'strict' }), { podSecurityGroups: 'strict' }],
    [set({ name, value: 'standard' }), { podSecurityGroups: 'standard' }],
    [set({ name, valueFrom: {} }), { podSecurityGroups: 'unseen' }],
    [
      set({ name: 'OTHER', value: 'standard' }),
      { podSecurityGroups: 'strict' },
    ],
  ])('%#', (found, expected) => {
    expect(cniFact(found)).toEqual(expected);
  });
});
