import type { ClusterSession } from '../../clusters/types';
import { type Fact, known, lacking } from '../framework/fact';
import type { AwsRight } from '../framework/rights';
import { lackOfAws } from './lacks';

/** Asks AWS; an error becomes the lack that names the right. */
export async function askAws<T>(
  session: Pick<ClusterSession, 'cluster'>,
  right: AwsRight,
  ask: () => Promise<T>,
): Promise<Fact<T>> {
  try {
    return known(await ask());
  } catch (error) {
    return lacking(lackOfAws(error, right, session));
  }
}
