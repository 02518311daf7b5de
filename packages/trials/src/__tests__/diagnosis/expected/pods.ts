import type { Expected } from './expected';

const INJECTED = {
  cause: 'workloads.injected',
  status: 'restart-needed',
} as const;
const SHADOWED = {
  cause: 'workloads.shadowed',
  status: 'other-identity',
} as const;
const UNSUPPORTED = {
  cause: 'workloads.unsupported',
  status: 'no-pod-has-it',
} as const;

/** What pods carry. */
export const OF_CONTENTS: Record<string, Expected> = {
  'static-keys': { ...SHADOWED, says: /AWS_ACCESS_KEY_ID/ },
  'profile-named': {
    ...SHADOWED,
    status: 'no-pod-has-it',
    says: /set AWS_PROFILE/,
  },
  'proxy-without-exemption': { ...UNSUPPORTED, says: /through a proxy/ },
  'security-groups-strict': { ...UNSUPPORTED, says: /strict mode/ },
  'pod-opted-out': { ...INJECTED, status: 'no-pod-has-it', says: /opted out/ },
  'static-keys-by-env-from': {
    status: 'verified',
    says: /obtained the role/,
    repair: 'none',
    why: 'What the Secret holds is out of sight: a note names it, and what keys there would do.',
  },
  'aws-files-mounted': { ...SHADOWED, says: /mount a volume at ~\/\.aws/ },
  'address-preset': {
    ...SHADOWED,
    says: /AWS_CONTAINER_CREDENTIALS_FULL_URI to an address of their own/,
  },
  'container-left-out': {
    status: 'verified',
    says: /obtained the role/,
    repair: 'none',
    why: 'Containers beside the main one are left out on purpose: a note says how to take that back.',
  },
};
