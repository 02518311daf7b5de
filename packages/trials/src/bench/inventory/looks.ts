/** Looks at all AWS access of clusters, in a separate process: all at once, as a portal whose sweeps are all due. */
import {
  cloudTrailSource,
  lookAtAccess,
  systemClock,
} from 'eks-pod-identity-engine';
import { portal } from '../../../../engine/src/clusters/__testUtils__/portal';
import { sharedSearch } from '../../../../../plugins/eks-pod-identity-backend/src/evidence/sharedSearch';
import { answerEach, type World } from '../lib/child';
import { measured } from '../lib/measured';

type Clusters = ReturnType<typeof portal>['clusters'];
let clusters: Clusters;
/** Whether it searches CloudTrail. */
let searches: boolean;

/** How many rows there are, how many of them were seen to ask by IRSA, and what could not be read. */
async function look() {
  // As a portal: clusters of one account and region share a search.
  const evidence = searches
    ? sharedSearch(cloudTrailSource(clusters), systemClock)
    : undefined;
  const looks = clusters.list().map(({ id }) =>
    lookAtAccess({
      session: clusters.session(id, 'read'),
      clock: systemClock,
      signal: new AbortController().signal,
      evidence,
    }),
  );
  const found = await Promise.all(looks);
  const rows = found.flatMap(one => one.rows);
  return {
    rows: rows.length,
    seen: rows.filter(({ programs }) => programs?.length).length,
    gaps: found.flatMap(({ gaps }) => gaps),
  };
}

interface Config {
  world: World;
  names: string[];
  searches: boolean;
}

answerEach(async ({ config }: { config?: Config }) => {
  if (!config) return measured(look);
  const { world, names } = config;
  searches = config.searches;
  const { backstage, roles } = world.credentials;
  ({ clusters } = portal({
    sandbox: world,
    keys: backstage,
    clusters: names.map(name => ({ name, roles })),
  }));
  return 'ready';
});
