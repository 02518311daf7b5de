import { OF_CLUSTER } from './cluster';
import type { Expected } from './expected';
import { OF_IDENTITY } from './identity';
import { OF_NODES } from './nodes';
import { OF_PERMISSIONS } from './permissions';
import { OF_CONTENTS } from './pods';
import { OF_PORTAL } from './portal';
import { OF_ROOM } from './room';

/** By scenario. The compiler does not find one that is missing; the program does. */
export const EXPECTED: Record<string, Expected> = {
  ...OF_IDENTITY,
  ...OF_CLUSTER,
  ...OF_NODES,
  ...OF_CONTENTS,
  ...OF_ROOM,
  ...OF_PERMISSIONS,
  ...OF_PORTAL,
};
