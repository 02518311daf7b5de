import { SandboxCore } from '../../core/contract';

/** The letters and digits that Kubernetes uses for generated names: no vowels, nothing easily confused. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The random suffix of a generateName. */
export const randomSuffix = (core: SandboxCore, length = 5) =>
  Array.from(
    { length },
    () => ALPHABET[Math.floor(core.random() * ALPHABET.length)],
  ).join('');

const hex = (core: SandboxCore, digits: number) =>
  Array.from({ length: digits }, () =>
    Math.floor(core.random() * 16).toString(16),
  ).join('');

/** A version 4 UUID from the sandbox's seeded randomness. */
export const randomUid = (core: SandboxCore) =>
  [
    hex(core, 8),
    hex(core, 4),
    `4${hex(core, 3)}`,
    `${'89ab'[Math.floor(core.random() * 4)]}${hex(core, 3)}`,
    hex(core, 12),
  ].join('-');

/** An EC2 instance id. */
export const randomInstanceId = (core: SandboxCore) => `i-0${hex(core, 16)}`;
