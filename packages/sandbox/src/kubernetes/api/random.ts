import { SandboxCore } from '../../core/contract';
import { Identifiers } from '../../core/random';

/** The letters and digits that Kubernetes uses for generated names: no vowels, nothing easily confused. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

const identifiers = (core: SandboxCore) => new Identifiers(core.random);

/** The random suffix of a generateName. */
export const randomSuffix = (core: SandboxCore, length = 5) =>
  identifiers(core).draw(ALPHABET, length);

/** A version 4 UUID from the sandbox's seeded randomness. */
export const randomUid = (core: SandboxCore) => identifiers(core).uuid();

/** An EC2 instance id. */
export const randomInstanceId = (core: SandboxCore) =>
  `i-0${identifiers(core).hex(16)}`;
